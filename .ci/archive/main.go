// Command archive packs a folder into a .tar.gz or .zip whose bytes depend on nothing but the
// files: entries are sorted and have one time, owners are root.
//
//	go run ./.ci/archive OUT FOLDER UNIXTIME
package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "archive:", err)
		os.Exit(1)
	}
}

// packer writes one file into an archive.
type packer interface {
	add(name string, mode fs.FileMode, content []byte) error
	Close() error
}

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: archive OUT FOLDER UNIXTIME")
	}
	seconds, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return err
	}
	out, err := os.Create(args[0])
	if err != nil {
		return err
	}
	moment := time.Unix(seconds, 0).UTC()
	var to packer
	if strings.HasSuffix(args[0], ".zip") {
		to = &zipPacker{zip.NewWriter(out), moment}
	} else {
		to = newTarPacker(out, moment)
	}
	if err := pack(to, args[1]); err != nil {
		return err
	}
	if err := to.Close(); err != nil {
		return err
	}
	return out.Close()
}

// pack adds every file of a folder, in the order of the names, below the folder's own name.
func pack(to packer, folder string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(filepath.Dir(folder), path)
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if info.Mode()&0o111 != 0 {
			mode = 0o755
		}
		return to.add(filepath.ToSlash(name), mode, content)
	})
}

type tarPacker struct {
	gzip   *gzip.Writer
	tar    *tar.Writer
	moment time.Time
}

func newTarPacker(out io.Writer, moment time.Time) *tarPacker {
	compressed, _ := gzip.NewWriterLevel(out, gzip.BestCompression) // the level is a valid one
	return &tarPacker{compressed, tar.NewWriter(compressed), moment}
}

func (p *tarPacker) add(name string, mode fs.FileMode, content []byte) error {
	header := &tar.Header{Name: name, Mode: int64(mode), Size: int64(len(content)), ModTime: p.moment, Format: tar.FormatPAX}
	if err := p.tar.WriteHeader(header); err != nil {
		return err
	}
	_, err := p.tar.Write(content)
	return err
}

func (p *tarPacker) Close() error {
	if err := p.tar.Close(); err != nil {
		return err
	}
	return p.gzip.Close()
}

type zipPacker struct {
	*zip.Writer
	moment time.Time
}

func (p *zipPacker) add(name string, mode fs.FileMode, content []byte) error {
	header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: p.moment}
	header.SetMode(mode)
	to, err := p.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = to.Write(content)
	return err
}
