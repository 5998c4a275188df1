package tvapi

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// TestForgedCallsStayHere hands the one place that sends what no method of the client would hand
// it.
func TestForgedCallsStayHere(t *testing.T) {
	t.Parallel()
	tests := map[string]call{
		"no id":                    {function: FuncUserDelete},
		"no id of a group":         {function: FuncMemberRemove, body: []int32{1}},
		"an id too many":           {function: FuncUserList, id: "u1"},
		"the company":              {function: "DELETE /users"},
		"the company, by a slash":  {function: "DELETE /users/"},
		"the company, by its name": {function: "DELETE /company"},
		"dots for an id":           {function: FuncUserDelete, id: ".."},
		"a slash for an id":        {function: FuncUserDelete, id: "/"},
		"zero for an id":           {function: FuncUserDelete, id: "u0"},
		"a query for an id":        {function: FuncUserDelete, id: "?x=u1"},
		"another host for an id":   {function: "GET {id}", id: "@example.com/"},
		"a method of its own":      {function: "PURGE /users/{id}", id: "u1"},
		"no method":                {function: "/users"},
		"nothing":                  {},
		"a body that is no JSON":   {function: FuncUserUpdate, id: "u1", body: math.Inf(1)},
		"a body that is a channel": {function: FuncUserUpdate, id: "u1", body: make(chan int)},
	}
	for name, k := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, n := clientOf(t)
			err := c.send(t.Context(), k)
			if KindOf(err) != KindUnsent {
				t.Errorf("error = %v, want KindUnsent", err)
			}
			if len(n.left) != 0 {
				t.Errorf("left: %q", n.left)
			}
		})
	}
}

func TestRefusalByTheGuardSaysWhy(t *testing.T) {
	t.Parallel()
	c, _ := clientOf(t)
	err := c.send(t.Context(), call{function: "DELETE /users"})
	const want = "DELETE /users: unsent: refused before sending: DELETE of the whole company"
	if err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

func TestRestyLogsAtDebugWithoutTheToken(t *testing.T) {
	t.Parallel()
	core, lines := observer.New(zapcore.DebugLevel)
	l := restLogger{log: zap.New(core), token: func() string { return "hush-hush" }}
	l.Errorf("header %v", map[string]string{"Authorization": "Bearer hush-hush"})
	l.Warnf("%s twice: %s", "hush-hush", "hush-hush")
	l.Debugf("no verbs")
	want := []string{"header map[Authorization:Bearer <secret>]", "<secret> twice: <secret>", "no verbs"}
	for i, line := range lines.All() {
		if line.Level != zapcore.DebugLevel || line.Message != want[i] {
			t.Errorf("line %d = %v %q, want debug %q", i, line.Level, line.Message, want[i])
		}
	}
	if lines.Len() != len(want) {
		t.Errorf("%d lines, want %d", lines.Len(), len(want))
	}
}

// TestBodyAtItsLimit reads bodies that end, go on or break exactly at the limit.
func TestBodyAtItsLimit(t *testing.T) {
	t.Parallel()
	broken, bound := errors.New("broken"), tooLong(5)
	tests := map[string]struct {
		next io.Reader
		want error
		lost error
	}{
		"ends":    {strings.NewReader("12345"), nil, nil},
		"shorter": {strings.NewReader("1234"), nil, nil},
		"goes on": {strings.NewReader("123456"), bound, nil},
		"breaks":  {io.MultiReader(strings.NewReader("12345"), iotest.ErrReader(broken)), broken, broken},
		"early":   {io.MultiReader(strings.NewReader("123"), iotest.ErrReader(broken)), broken, broken},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := &answerBody{next: iotest.OneByteReader(test.next), most: 5}
			text, err := io.ReadAll(body)
			if !errors.Is(err, test.want) && fmt.Sprint(err) != fmt.Sprint(test.want) || body.lost != test.lost {
				t.Errorf("read %q, %v, lost %v, want %v, lost %v", text, err, body.lost, test.want, test.lost)
			}
			if len(text) > 5 {
				t.Errorf("read %q, more than the limit", text)
			}
		})
	}
}

func TestListOverTheLimitSaysSo(t *testing.T) {
	t.Parallel()
	body := &answerBody{next: strings.NewReader(`{"users":[{"id":"u1"},{"id":"u2"}]}`), most: 25}
	n := 0
	_, err := (&listReader[wireUser]{name: "users", each: func(wireUser) bool { n++; return true }}).read(body)
	if err == nil || err.Error() != tooLong(25).Error() || n != 1 {
		t.Errorf("%d users, %v, want one and %v", n, err, tooLong(25))
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text    string
		secrets []string
		want    string
	}{
		{"the pass-word is pass-word", []string{"pass-word"}, "the <secret> is <secret>"},
		{"one and other", []string{"other", "none"}, "one and <secret>"},
		{"nothing", []string{""}, "nothing"},
		{"a banana", []string{"a", "ana"}, "a banana"}, // too short to be one
	}
	for _, test := range tests {
		if got := redact(test.text, test.secrets...); got != test.want {
			t.Errorf("redact(%q, %q) = %q, want %q", test.text, test.secrets, got, test.want)
		}
	}
}

func TestCleanBound(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		most int
		want string
	}{{"abc", 3, "abc"}, {"abc", 2, "ab"}, {"äöü", 4, "äö"}, {"äöü", 3, "ä"}, {"ä", 1, ""}, {"東京", 5, "東"}, {"", 0, ""}} {
		if got := clean(test.text, test.most, nil); got != test.want {
			t.Errorf("clean(%q, %d) = %q, want %q", test.text, test.most, got, test.want)
		}
	}
}
