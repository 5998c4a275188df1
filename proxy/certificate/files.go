package certificate

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
)

// maxFile is the largest file that is read, in bytes: a wrong path may name any file.
const maxFile = 1 << 20

// digest identifies the contents of the files.
type digest [sha256.Size]byte

// file is one file that was read.
type file struct {
	setting, path string
	data          []byte
	err           error
}

// contents are the files of one look, in the order of the settings.
type contents []file

// loaded is what the listener uses.
type loaded struct {
	config *tls.Config
	leaf   *x509.Certificate // nil with ACME
	digest digest
}

// read reads the files that are set.
func (s *Source) read() contents {
	var all contents
	for _, f := range []file{
		{setting: "cert_file", path: s.options.CertFile},
		{setting: "key_file", path: s.options.KeyFile},
		{setting: "client_ca_file", path: s.options.ClientCAFile},
	} {
		if f.path != "" {
			f.data, f.err = readFile(f.path)
			all = append(all, f)
		}
	}
	return all
}

// digest returns the digest of all files, also of why one cannot be read.
func (c contents) digest() digest {
	sum := sha256.New()
	for _, f := range c {
		part := f.data
		if f.err != nil {
			part = []byte(f.err.Error())
		}
		_ = binary.Write(sum, binary.BigEndian, int64(len(part))) // a hash does not fail
		_, _ = sum.Write(part)
	}
	return digest(sum.Sum(nil))
}

// of returns the file of a setting, or the zero file.
func (c contents) of(setting string) file {
	for _, f := range c {
		if f.setting == setting {
			return f
		}
	}
	return file{}
}

// build makes the settings of the listener. The error is [Problems].
func (s *Source) build(files contents) (*loaded, error) {
	var problems Problems
	for _, f := range files {
		if f.err != nil {
			problems = append(problems, Problem{f.setting, readProblem(f.path, f.err)})
		}
	}
	l := &loaded{digest: files.digest(), config: &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}}
	cert, key := files.of("cert_file"), files.of("key_file")
	switch {
	case s.options.ACME != nil:
		if s.issuer != nil { // nil: its cache is refused
			l.config.GetCertificate = s.issuer.certificate
		}
	default:
		pair, found := parsePair(cert, key)
		problems = append(problems, found...)
		l.config.Certificates, l.leaf = []tls.Certificate{pair}, pair.Leaf
	}
	if ca := files.of("client_ca_file"); ca.path != "" && ca.err == nil {
		l.config.ClientAuth = tls.RequireAndVerifyClientCert
		l.config.ClientCAs = x509.NewCertPool()
		if !l.config.ClientCAs.AppendCertsFromPEM(ca.data) {
			problems = append(problems, Problem{ca.setting, ca.path + " contains no certificate in PEM form (BEGIN CERTIFICATE); name the file of the authority"})
		}
	}
	if len(problems) > 0 {
		place := func(p Problem) int {
			return slices.IndexFunc(files, func(f file) bool { return f.setting == p.Setting })
		}
		slices.SortStableFunc(problems, func(a, b Problem) int { return place(a) - place(b) })
		return nil, problems
	}
	return l, nil
}

// parsePair returns a certificate with its key, or all that is wrong with the contents of the two
// files.
func parsePair(cert, key file) (pair tls.Certificate, problems Problems) {
	if err := parseCertificates(cert.data); cert.err == nil && err != nil {
		problems = append(problems, Problem{cert.setting, cert.path + " " + err.Error()})
	}
	if err := parseKey(key.data); key.err == nil && err != nil {
		problems = append(problems, Problem{key.setting, key.path + " " + err.Error()})
	}
	if len(problems) > 0 || cert.err != nil || key.err != nil {
		return tls.Certificate{}, problems
	}
	pair, err := tls.X509KeyPair(cert.data, key.data)
	switch {
	case err == nil:
		return pair, nil
	case strings.Contains(err.Error(), "does not match"):
		return tls.Certificate{}, Problems{{key.setting, fmt.Sprintf(
			"%s is not the private key of the certificate in %s; name the key that the certificate was issued for", key.path, cert.path)}}
	}
	return tls.Certificate{}, Problems{{key.setting, key.path + " contains a private key that cannot be read; it must be RSA, ECDSA or Ed25519, in PEM form"}}
}

// parseCertificates reports why a file is not a certificate in PEM form.
func parseCertificates(data []byte) error {
	found := false
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		found = true
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return errors.New("contains a certificate that cannot be read; issue it again")
		}
	}
	if !found {
		return errors.New("contains no certificate in PEM form (BEGIN CERTIFICATE); check the path, or convert the file")
	}
	return nil
}

// parseKey reports why a file has no private key that can be used. The error shows nothing of it.
func parseKey(data []byte) error {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		switch {
		case block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
			return errors.New("contains a private key that is protected by a password; store it without one")
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			return nil
		}
	}
	return errors.New("contains no private key in PEM form (BEGIN PRIVATE KEY); check the path, or convert the file")
}

var errTooLarge = errors.New("larger than 1MiB")

// readFile reads a file of at most maxFile bytes.
func readFile(path string) (_ []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = errTooLarge
	}
	return data, err
}

// readProblem returns the message about a file that cannot be read.
func readProblem(path string, err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return path + " does not exist; create it, or correct the path (a relative path is relative to the directory that tvscim is started in)"
	case errors.Is(err, fs.ErrPermission):
		return path + " cannot be read: permission denied; allow the user that tvscim runs as to read it"
	case errors.Is(err, syscall.EISDIR):
		return path + " is a directory; name a file in it"
	case errors.Is(err, errTooLarge):
		return path + " is larger than 1MiB; correct the path"
	}
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathError.Err // the path precedes it
	}
	return path + " cannot be read: " + err.Error()
}
