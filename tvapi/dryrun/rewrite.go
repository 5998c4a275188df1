package dryrun

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// maxEntry bounds one entry of a list and one other member of an answer, in bytes; a larger one
// ends the reading with an error.
const maxEntry = 64 << 10

var (
	errEntry = errors.New("dry run: one entry of TeamViewer's answer is too long")
	errForm  = errors.New("dry run: the answer is not of the form of TeamViewer's")
)

// rewriter is the body of an answer, changed by a view as it is read. It holds one entry of a list
// in memory. An answer that is not a JSON object is handed on as it came, so that the client finds
// out what it is.
type rewriter struct {
	body io.ReadCloser
	view view
	came int64 // bytes handed to dec
	dec  *json.Decoder
	out  bytes.Buffer
	step func(*rewriter) error // writes the next part to out; io.EOF after the last
	err  error
	some bool // the object, or the list, has a member in front
}

func newRewriter(body io.ReadCloser, v view) *rewriter {
	w := &rewriter{body: body, view: v, step: (*rewriter).start}
	w.dec = json.NewDecoder(reading{w})
	return w
}

// reading hands the body to the decoder.
type reading struct{ *rewriter }

func (r reading) Read(p []byte) (int, error) {
	if r.came-r.dec.InputOffset() > maxEntry {
		return 0, errEntry
	}
	n, err := r.body.Read(p)
	r.came += int64(n)
	return n, err
}

// Close implements io.Closer.
func (w *rewriter) Close() error { return w.body.Close() }

// Read implements io.Reader.
func (w *rewriter) Read(p []byte) (int, error) {
	for w.out.Len() == 0 {
		if w.err != nil {
			return 0, w.err
		}
		w.err = w.step(w)
	}
	return w.out.Read(p)
}

// start reads what an answer begins with.
func (w *rewriter) start() error {
	first := make([]byte, 1)
	for {
		n, err := w.body.Read(first)
		if n == 1 && first[0] != ' ' && first[0] != '\n' && first[0] != '\r' && first[0] != '\t' {
			break
		}
		if err != nil {
			return err
		}
	}
	if first[0] != '{' {
		w.out.Write(first)
		w.step = (*rewriter).raw
		return nil
	}
	if w.view.list == "" {
		w.step = (*rewriter).object
	} else {
		w.step = (*rewriter).member
	}
	w.dec = json.NewDecoder(io.MultiReader(bytes.NewReader(first), reading{w}))
	if w.view.list != "" {
		_, err := w.dec.Token()
		w.out.WriteByte('{')
		return err
	}
	return nil
}

// raw hands on the rest of an answer of another form.
func (w *rewriter) raw() error {
	n, err := io.CopyN(&w.out, w.body, 32<<10)
	if n > 0 && errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// object changes an answer that is one object.
func (w *rewriter) object() error {
	var o object
	if err := w.dec.Decode(&o); err != nil {
		return broken(err)
	}
	if err := w.put(w.view.entry(o)); err != nil {
		return err
	}
	w.step = func(*rewriter) error { return io.EOF }
	return nil
}

// member copies a member of the object that holds the list, or begins the list.
func (w *rewriter) member() error {
	token, err := w.dec.Token()
	if err != nil {
		return broken(err)
	}
	if token == json.Delim('}') {
		w.out.WriteByte('}')
		w.step = func(*rewriter) error { return io.EOF }
		return nil
	}
	name, ok := token.(string)
	if !ok {
		return errForm
	}
	w.comma()
	if err := w.put(name); err != nil {
		return err
	}
	w.out.WriteByte(':')
	if name == w.view.list {
		return w.begin()
	}
	var value json.RawMessage
	if err := w.dec.Decode(&value); err != nil {
		return broken(err)
	}
	w.out.Write(value)
	return nil
}

// begin begins the list, with the entries in front. null is an empty list.
func (w *rewriter) begin() error {
	token, err := w.dec.Token()
	switch {
	case err != nil:
		return broken(err)
	case token != nil && token != json.Delim('['):
		return errForm
	}
	w.some = false
	w.out.WriteByte('[')
	for _, entry := range w.view.added {
		w.comma()
		if err := w.put(entry); err != nil {
			return err
		}
	}
	if token == nil {
		return w.end()
	}
	w.step = (*rewriter).element
	return nil
}

// element shows an entry of the list, or ends it.
func (w *rewriter) element() error {
	if !w.dec.More() {
		if _, err := w.dec.Token(); err != nil {
			return broken(err)
		}
		return w.end()
	}
	var value json.RawMessage
	if err := w.dec.Decode(&value); err != nil {
		return broken(err)
	}
	var o object
	if json.Unmarshal(value, &o) == nil && o != nil {
		if o = w.view.entry(o); o == nil {
			return nil
		}
		w.comma()
		return w.put(o)
	}
	w.comma() // not an object: the client skips or refuses it
	w.out.Write(value)
	return nil
}

// end ends the list.
func (w *rewriter) end() error {
	w.out.WriteByte(']')
	w.some, w.step = true, (*rewriter).member
	return nil
}

// comma separates what follows from what is in front of it.
func (w *rewriter) comma() {
	if w.some {
		w.out.WriteByte(',')
	}
	w.some = true
}

// put writes a value.
func (w *rewriter) put(value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	w.out.Write(text)
	return nil
}

// broken returns the error of an answer that ends too early or is not JSON.
func broken(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
