package tvfake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

const (
	typeJSON = "application/json; charset=utf-8"
	typeHTML = "text/html; charset=utf-8"
)

// answer is one answer before it is sent. Its body is written while it is sent, so that a list of
// 100,000 users is never one text in memory.
type answer struct {
	status      int
	contentType string
	location    string
	retryAfter  string
	write       func(io.Writer) error // nil: no body
	announced   int                   // Content-Length of a truncated body; 0 = the body is complete
}

// jsonAnswer answers a value as JSON.
func jsonAnswer(status int, value any) answer {
	return answer{status: status, contentType: typeJSON, write: func(w io.Writer) error {
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	}}
}

// textAnswer answers a text of any type.
func textAnswer(status int, contentType, body string) answer {
	return answer{status: status, contentType: contentType, write: func(w io.Writer) error {
		_, err := io.WriteString(w, body)
		return err
	}}
}

// htmlAnswer is the page of a server in front of TeamViewer's own.
func htmlAnswer(status int) answer {
	text := http.StatusText(status)
	return textAnswer(status, typeHTML, fmt.Sprintf(
		"<!DOCTYPE html><html><head><title>%d %s</title></head><body><h1>%s</h1></body></html>\n", status, text, text))
}

// changed answers a successful change, as the variant defines. declared is the answer of the
// OpenAPI document, object the changed object.
func changed(way Answer, declared answer, object any) answer {
	switch way {
	case AnswerEmpty:
		return answer{status: http.StatusOK}
	case AnswerBody:
		return jsonAnswer(http.StatusOK, object)
	case AnswerNone:
		return answer{status: http.StatusNoContent}
	case AnswerDeclared:
	}
	return declared
}

// A refusal is an answer in TeamViewer's error body (manual, section on errors).
type refusal struct {
	status      int
	category    string
	description string
}

// Error makes a refusal an error, which handlers return.
func (r *refusal) Error() string { return r.category + ": " + r.description }

func refuse(status int, category, format string, args ...any) error {
	return &refusal{status, category, fmt.Sprintf(format, args...)}
}

func badRequest(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "invalid_request", format, args...)
}

// errorWire is the error body.
type errorWire struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Code        int    `json:"error_code,omitempty"`
	Signature   int64  `json:"error_signature,omitempty"`
}

// errHTMLNotFound is a 404 of the server in front: no path of the API, or an unknown group in a
// variant.
var errHTMLNotFound = errors.New("no such page")

// refused turns a handler's error into the answer for it.
func (v Variant) refused(err error, signature int64) answer {
	if errors.Is(err, errHTMLNotFound) {
		return htmlAnswer(http.StatusNotFound)
	}
	r, ok := errors.AsType[*refusal](err)
	if !ok {
		r = &refusal{http.StatusInternalServerError, "internal_error", "an unexpected error has occurred"}
	}
	body := errorWire{Error: r.category, Description: r.description}
	if !v.BareErrors {
		body.Code, body.Signature = errorCode(r.category), signature
	}
	return jsonAnswer(r.status, body)
}

// errorCode is a number per kind of error. TeamViewer documents none, so clients must not rely on
// these.
func errorCode(category string) int {
	code := 0
	for _, b := range []byte(category) {
		code = (code*31 + int(b)) % 9000
	}
	return 1000 + code
}
