package scimtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tvscim/scim/scimtest"
)

// TestEveryCheckCanFail runs the suite against a server that refuses everything and one that agrees
// to everything, each once as one that has all features and once as one that has none. A check that
// fails nowhere looks at nothing.
func TestEveryCheckCanFail(t *testing.T) {
	t.Parallel()
	refuses := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	agrees := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
		}
		_, _ = io.WriteString(w, `{"id":"1"}`)
	})
	var all []scimtest.Feature
	for _, c := range scimtest.Checks() {
		all = append(all, c.Needs...)
	}
	failed := map[string]bool{}
	for _, h := range []http.Handler{refuses, agrees} {
		for _, features := range [][]scimtest.Feature{all, nil} {
			wrong := target(t, h)
			wrong.Features = features
			report, err := scimtest.Run(t.Context(), wrong)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range report.Failures() {
				failed[r.Check.ID()] = true
				if r.Detail == "" {
					t.Errorf("%s: fails without saying why", r.Check.ID())
				}
			}
		}
	}
	for _, c := range scimtest.Checks() {
		if !failed[c.ID()] {
			t.Errorf("%s: passes whatever the server does", c.ID())
		}
	}
}

// wrongServer is the service with one thing wrong: in the request that reaches it, or in the answer
// that leaves it.
type wrongServer struct {
	ask    func(*http.Request)
	answer func(*http.Request, *httptest.ResponseRecorder)
	fails  []string // the checks that have to see it
}

// wrap returns a handler that serves requests the wrong way.
func (s wrongServer) wrap(right http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		if s.ask != nil {
			s.ask(r)
		}
		rec := httptest.NewRecorder()
		right.ServeHTTP(rec, r)
		if s.answer != nil {
			r.Body = io.NopCloser(bytes.NewReader(body))
			s.answer(r, rec)
		}
		rec.Header().Del("Content-Length")
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
}

// TestWrongServersAreSeen breaks the service in one way at a time, as known servers are broken, and
// expects the checks about it to fail.
func TestWrongServersAreSeen(t *testing.T) {
	t.Parallel()
	right := scimtest.Checks()
	for name, wrong := range wrongServers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, id := range wrong.fails {
				if !slices.ContainsFunc(right, func(c scimtest.Check) bool { return c.ID() == "RFC "+id }) {
					t.Fatalf("there is no check %q", id)
				}
			}
			where := target(t, wrong.wrap(service(t)))
			where.Select = func(c scimtest.Check) bool { return slices.Contains(wrong.fails, strings.TrimPrefix(c.ID(), "RFC ")) }
			report, err := scimtest.Run(t.Context(), where)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range report.Results {
				if r.Outcome != scimtest.Failed {
					t.Errorf("%s: %s %s; want it to fail", r.Check.ID(), r.Outcome, r.Detail)
				}
			}
		})
	}
}

// The parts that wrong servers are made of.

// without takes parameters out of the query.
func without(parameters ...string) func(*http.Request) {
	return func(r *http.Request) {
		q := r.URL.Query()
		for _, p := range parameters {
			q.Del(p)
		}
		r.URL.RawQuery = q.Encode()
	}
}

// header sets a header of every answer; "" takes it away.
func header(name, value string) func(*http.Request, *httptest.ResponseRecorder) {
	return func(_ *http.Request, rec *httptest.ResponseRecorder) {
		rec.Header().Del(name)
		if value != "" {
			rec.Header().Set(name, value)
		}
	}
}

// status puts one status in the place of another.
func status(from, to int) func(*http.Request, *httptest.ResponseRecorder) {
	return func(_ *http.Request, rec *httptest.ResponseRecorder) {
		if rec.Code == from {
			rec.Code = to
		}
	}
}

// replaced puts one text in the place of another in every body.
func replaced(from, to string) func(*http.Request, *httptest.ResponseRecorder) {
	return func(_ *http.Request, rec *httptest.ResponseRecorder) {
		rec.Body = bytes.NewBufferString(strings.ReplaceAll(rec.Body.String(), from, to))
	}
}

// edited changes the object of every answer.
func edited(edit func(r *http.Request, o map[string]any)) func(*http.Request, *httptest.ResponseRecorder) {
	return func(r *http.Request, rec *httptest.ResponseRecorder) {
		o := map[string]any{}
		if json.Unmarshal(rec.Body.Bytes(), &o) != nil {
			return
		}
		edit(r, o)
		b, _ := json.Marshal(o)
		rec.Body = bytes.NewBuffer(b)
	}
}

// asked changes the object of every request.
func asked(edit func(r *http.Request, o map[string]any)) func(*http.Request) {
	return func(r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		o := map[string]any{}
		if json.Unmarshal(body, &o) == nil {
			edit(r, o)
			body, _ = json.Marshal(o)
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
}

// on limits a change of the answer to one method.
func on(method string, answer func(*http.Request, *httptest.ResponseRecorder)) func(*http.Request, *httptest.ResponseRecorder) {
	return func(r *http.Request, rec *httptest.ResponseRecorder) {
		if r.Method == method {
			answer(r, rec)
		}
	}
}

// instead sends something else in the place of a method: the resource is only read.
func instead(method string, code int) wrongServer {
	return wrongServer{
		ask: func(r *http.Request) {
			if r.Method == method {
				r.Method = http.MethodGet
				r.Header.Set("X-Was", method)
			}
		},
		answer: func(r *http.Request, rec *httptest.ResponseRecorder) {
			if r.Header.Get("X-Was") != "" && rec.Code == http.StatusOK {
				rec.Code = code
				rec.Body.Reset()
			}
		},
	}
}

// failing returns the server with the checks that have to see it.
func (s wrongServer) failing(checks ...string) wrongServer {
	s.fails = checks
	return s
}

// elements returns the objects of a list.
func elements(v any) []map[string]any {
	list, _ := v.([]any)
	var all []map[string]any
	for _, e := range list {
		if o, ok := e.(map[string]any); ok {
			all = append(all, o)
		}
	}
	return all
}

// operation runs one operation of a PATCH alone.
func operation(right http.Handler, r *http.Request, op any) *httptest.ResponseRecorder {
	body, _ := json.Marshal(map[string]any{"Operations": []any{op}})
	one := r.Clone(r.Context())
	one.URL = &url.URL{Path: r.URL.Path, RawQuery: r.URL.RawQuery}
	one.Body, one.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	rec := httptest.NewRecorder()
	right.ServeHTTP(rec, one)
	return rec
}

// oneByOne applies the operations of a PATCH one by one, and stops at the first that fails.
func oneByOne(right http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPatch {
			right.ServeHTTP(w, r)
			return
		}
		var patch struct{ Operations []any }
		if json.NewDecoder(r.Body).Decode(&patch) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		for _, op := range patch.Operations {
			if rec := operation(right, r, op); rec.Code >= 400 {
				w.WriteHeader(rec.Code)
				_, _ = w.Write(rec.Body.Bytes())
				return
			}
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// TestHalfPatchIsSeen serves PATCH without taking back what came before the operation that fails.
func TestHalfPatchIsSeen(t *testing.T) {
	t.Parallel()
	where := target(t, oneByOne(service(t)))
	where.Select = func(c scimtest.Check) bool {
		return strings.HasPrefix(c.Name, "all or nothing") || c.Name == "read-only attribute"
	}
	report, err := scimtest.Run(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(report.Failures()); got != 4 {
		t.Errorf("%d checks fail, want 4: %+v", got, report.Results)
	}
}

// TestForgetfulServerIsSeen drops every member beyond the hundredth, as one server is known to have
// done.
func TestForgetfulServerIsSeen(t *testing.T) {
	t.Parallel()
	wrong := wrongServer{ask: asked(func(_ *http.Request, o map[string]any) {
		for _, op := range elements(o["Operations"]) {
			if members, ok := op["value"].([]any); ok && len(members) > 100 {
				op["value"] = members[:100]
			}
		}
	})}
	where := target(t, wrong.wrap(service(t)))
	where.Select = func(c scimtest.Check) bool { return c.Name == "many members" }
	report, err := scimtest.Run(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Failures()) != 1 || !strings.Contains(report.Failures()[0].Detail, strconv.Quote("members.value")[1:14]) {
		t.Errorf("results: %+v", report.Results)
	}
}
