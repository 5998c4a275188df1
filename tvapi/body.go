package tvapi

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
)

// errEncoding is an answer encoded in a way that was not asked for.
var errEncoding = errors.New("the answer is encoded in a way that was not asked for")

// acceptEncoding is what answers may be encoded in. It is requested and decoded here and not by
// net/http, whose decoder reads an endless series of empty streams without returning.
const acceptEncoding = "gzip"

// answerBody is the body of an answer, decoded, read up to a limit. It distinguishes a body that is
// incomplete from one that is complete and wrong.
type answerBody struct {
	next io.Reader
	most int64 // bytes that may be read
	read int64 // bytes that were read
	lost error // why the rest of the body did not arrive
}

// bodyOf returns the body of an answer, of which most bytes may be read. A coding that was not
// asked for is an error.
func bodyOf(answer *http.Response, most int64) (*answerBody, error) {
	b := &answerBody{next: answer.Body, most: most}
	switch strings.ToLower(strings.TrimSpace(answer.Header.Get("Content-Encoding"))) {
	case "", "identity":
		return b, nil
	case acceptEncoding, "x-gzip":
		b.next = &gunzip{wire: &wire{next: answer.Body, content: &b.read}}
		return b, nil
	default:
		return b, errEncoding
	}
}

// Read implements io.Reader.
func (b *answerBody) Read(p []byte) (int, error) {
	if b.read >= b.most {
		return b.probe()
	}
	n, err := b.next.Read(p[:min(int64(len(p)), b.most-b.read)])
	b.read += int64(n)
	return n, b.note(err)
}

// probe distinguishes a body that ends at the limit from a longer one.
func (b *answerBody) probe() (int, error) {
	var one [1]byte
	n, err := io.ReadFull(b.next, one[:])
	if n == 1 {
		return 0, tooLong(b.most)
	}
	return 0, b.note(err)
}

// note records an error that means that the body is incomplete, and returns it.
func (b *answerBody) note(err error) error {
	_, bound := errors.AsType[*BoundError](err)
	if err != nil && err != io.EOF && !bound { //nolint:errorlint // only io.EOF itself is the end of a body
		b.lost = err
	}
	return err
}

// gunzip decodes a body from its first Read on, so that an empty body is not an error.
type gunzip struct {
	wire   *wire
	stream *gzip.Reader
}

// Read implements io.Reader.
func (g *gunzip) Read(p []byte) (int, error) {
	if g.stream == nil {
		stream, err := gzip.NewReader(g.wire)
		if err != nil {
			return 0, err
		}
		g.stream = stream
	}
	return g.stream.Read(p)
}

// wire is a body as it travels, compressed. It limits what is read without any content.
type wire struct {
	next    io.Reader
	content *int64 // bytes of content so far
	read    int64
}

// Read implements io.Reader.
func (w *wire) Read(p []byte) (int, error) {
	if w.read > gzipSlack+*w.content*9/8 {
		return 0, errGzip
	}
	n, err := w.next.Read(p)
	w.read += int64(n)
	return n, err
}
