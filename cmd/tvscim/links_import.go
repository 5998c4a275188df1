package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"tvscim/mapping/idmap"
)

type linksImportCommand struct {
	storeFlags
	Replace bool   `help:"Where something else is remembered of an id, take the line's. Without it, that is an error. Ids that no line names are kept either way."`
	File    string `arg:"" optional:"" default:"-" help:"What export wrote; - is standard input."`
}

// Run imports all lines in one transaction, or none.
func (k linksImportCommand) Run(ctx context.Context, w world) error {
	in := w.in
	if k.File != "-" {
		f, err := os.Open(k.File)
		if err != nil {
			return fmt.Errorf("%s: %w; name the file that links export wrote, or - for standard input", k.File, reasonOf(err))
		}
		defer func() { _ = f.Close() }() // it was only read
		in = f
	}
	r := lineReader{ids: make(map[string]int)}
	if err := r.read(in); err != nil {
		return err
	}
	m, err := k.open(ctx, w.environ, true)
	if err != nil {
		return err
	}
	count, err := importLinks(m, r.lines, k.Replace)
	if err := errors.Join(err, m.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w.out, "%d new, %d replaced, %d the same; %d links in all\n", count.added, count.replaced, count.same, m.Len())
	return err
}

// reasonOf returns the reason of a file system error without the path, which the message already
// has.
func reasonOf(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	return err
}

// importCount counts the lines by their result.
type importCount struct{ added, replaced, same int }

func importLinks(m linkStore, lines []numberedLine, replace bool) (importCount, error) {
	var count importCount
	var conflicts lineErrors
	for _, l := range lines {
		old, there := m.Peek(l.ID)
		switch {
		case !there:
			count.added++
		case sameLine(l.ID, old, l.record()):
			count.same++
		case replace:
			count.replaced++
		default:
			conflicts.add(l.number, fmt.Errorf("something else is remembered of %s; --replace takes the line's", l.ID))
		}
	}
	if err := conflicts.err(); err != nil {
		return importCount{}, err
	}
	return count, m.PutAll(func(yield func(string, idmap.Record) bool) {
		for _, l := range lines {
			if !yield(l.ID, l.record()) {
				return
			}
		}
	})
}

// maxLine is the maximum length of a line in bytes: many times what a request can contain.
const maxLine = 64 << 20

// numberedLine is a record and the number of its line.
type numberedLine struct {
	linkLine
	number int
}

// lineReader reads what export wrote.
type lineReader struct {
	lines []numberedLine
	ids   map[string]int // numbers of their lines
	wrong lineErrors
}

// read reads all lines and reports all that is wrong with them.
func (r *lineReader) read(in io.Reader) error {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(nil, maxLine)
	number, begun := 0, false
	for scanner.Scan() {
		number++
		line := bytes.TrimSpace(scanner.Bytes())
		switch {
		case len(line) == 0:
		case !begun:
			begun = true
			if err := readHeader(line); err != nil {
				return fmt.Errorf("line %d: %w", number, err) // the rest of the text cannot be read
			}
		default:
			r.wrong.add(number, r.record(number, line))
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("line %d: %w", number+1, err)
	}
	if !begun {
		return errors.New("nothing to import: the input is empty")
	}
	return r.wrong.err()
}

func readHeader(line []byte) error {
	var h linksHeader
	if err := readJSON(line, &h); err != nil || h.Format != linksFormat {
		return fmt.Errorf(`does not begin as what export writes: {"format":%q,"version":%d}`, linksFormat, linksVersion)
	}
	if h.Version != linksVersion {
		return fmt.Errorf("version %d of the format is unknown; this tvscim reads %d", h.Version, linksVersion)
	}
	return nil
}

func (r *lineReader) record(number int, line []byte) error {
	l := numberedLine{number: number}
	if err := readJSON(line, &l.linkLine); err != nil {
		return err
	}
	if err := l.validate(); err != nil {
		return err
	}
	if first, ok := r.ids[l.ID]; ok {
		return fmt.Errorf("%s stands in line %d already", l.ID, first)
	}
	r.ids[l.ID] = number
	r.lines = append(r.lines, l)
	return nil
}

// maxShownErrors is the number of errors that are shown of a file.
const maxShownErrors = 20

// lineErrors collects the errors of lines.
type lineErrors struct {
	first []error
	count int
}

func (e *lineErrors) add(number int, err error) {
	if err == nil {
		return
	}
	if e.count++; e.count <= maxShownErrors {
		e.first = append(e.first, fmt.Errorf("line %d: %w", number, err))
	}
}

func (e *lineErrors) err() error {
	if e.count == 0 {
		return nil
	}
	all := e.first
	if more := e.count - len(all); more > 0 {
		all = append(all, fmt.Errorf("and %d more", more))
	}
	return errors.Join(append(all, errors.New("nothing was imported"))...)
}
