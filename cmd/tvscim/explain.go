package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"tvscim/cmd/config"
	"tvscim/mapping/changelog"
)

// explainCommand shows what one SCIM request becomes.
type explainCommand struct {
	File   string `arg:"" optional:"" default:"-" help:"A file with the request as JSON (method, path, body), or with one line of the change log; - for the standard input." placeholder:"FILE"`
	Config string `help:"Path of config.yaml: the request is explained against the live company, by reads only. Without it, against assumed users and groups." type:"path" placeholder:"FILE"`
	Token  string `help:"The TeamViewer token in auth.mode passthrough, with --config." env:"TVSCIM_CHECK_TOKEN"`
	JSON   bool   `help:"Print the explanation as JSON." name:"json"`
}

// maxRequest bounds the file of a request, in bytes.
const maxRequest = 64 << 20

// Run explains the request.
func (e explainCommand) Run(ctx context.Context, w world) error {
	text, err := e.read(w.in)
	if err != nil {
		return err
	}
	request, err := parseRequest(text)
	if err != nil {
		return settingsError{err}
	}
	c := config.Default()
	if e.Config != "" {
		if c, err = loadSettings(e.Config, w.environ); err != nil {
			return err
		}
	}
	how, err := e.explainer(c)
	if err != nil {
		return err
	}
	found, err := how.explain(ctx, request)
	if err != nil {
		return err
	}
	if e.JSON {
		encoder := json.NewEncoder(w.out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(found)
	}
	return found.write(w.out)
}

// read returns the text of the request.
func (e explainCommand) read(in io.Reader) ([]byte, error) {
	if e.File != "-" {
		file, err := os.Open(e.File)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxRequest+1))
	if err == nil && len(text) > maxRequest {
		err = fmt.Errorf("request: longer than %d MiB", maxRequest>>20)
	}
	return text, err
}

// explainer returns what explains a request by the settings.
func (e explainCommand) explainer(c config.Config) (explainer, error) {
	if e.Config == "" {
		return explainer{config: c}, nil
	}
	token := e.Token
	if c.Auth.Mode == config.AuthToken {
		token = c.TeamViewer.Token.Reveal()
	}
	if token == "" {
		return explainer{}, errors.New("token: auth.mode passthrough has none in the settings; give one in the environment variable TVSCIM_CHECK_TOKEN")
	}
	c.TeamViewer.Token = config.NewSecret(token)
	return explainer{config: c, live: true}, nil
}

// scimRequest is the request to be explained.
type scimRequest struct {
	Method string          `json:"method"`
	Path   string          `json:"path"` // below the base path, with the query
	Body   json.RawMessage `json:"body,omitempty"`
	note   string          // how it came about
}

var errRequest = errors.New(`request: not a JSON object with method, path and body, such as ` +
	`{"method": "PATCH", "path": "/Users/u123", "body": {...}}, nor a line of the change log`)

// parseRequest reads a request, or a line of the change log.
func parseRequest(text []byte) (scimRequest, error) {
	var both struct {
		scimRequest
		Outcome changelog.Outcome `json:"outcome"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&both); err != nil {
		return scimRequest{}, errRequest
	}
	if both.Outcome != "" {
		var line changelog.Line
		if err := json.Unmarshal(firstLine(text), &line); err != nil {
			return scimRequest{}, errRequest
		}
		return requestOf(line)
	}
	r := both.scimRequest
	r.Method = strings.ToUpper(r.Method)
	switch r.Method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return r, errRequest
	}
	var ok bool
	if r.Path, ok = belowBase(r.Path); !ok {
		return r, fmt.Errorf("path: %q is none of SCIM; it holds /Users, /Groups or another endpoint", r.Path)
	}
	return r, nil
}

func firstLine(text []byte) []byte {
	line, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	return line
}

// belowBase returns the part of a path, or of an address, that is below the base path.
func belowBase(path string) (string, bool) {
	before, _, _ := strings.Cut(path, "?")
	for _, endpoint := range []string{"/Users", "/Groups", "/Bulk", "/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/Me", "/.search"} {
		if i := strings.Index(before, endpoint); i >= 0 {
			return path[i:], true
		}
	}
	return path, false
}

// bytes returns the bytes that are sent: a body that is a JSON string is its text.
func (r scimRequest) bytes() []byte {
	var text string
	switch {
	case string(r.Body) == "null":
		return nil
	case json.Unmarshal(r.Body, &text) == nil:
		return []byte(text)
	}
	return r.Body
}
