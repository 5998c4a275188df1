package tvapi_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"pgregory.net/rapid"

	"tvscim/tvapi"
)

func TestGroupsFollowsPages(t *testing.T) {
	t.Parallel()
	group := func(n int) string { return fmt.Sprintf(`{"id":%d,"name":"G%[1]d"}`, n) }
	tests := map[string]struct {
		pages   []string
		queries []string
		want    []tvapi.GroupID
	}{
		"one page, null":   {[]string{`{"nextPaginationToken":null,"resources":[` + group(1) + `]}`}, []string{""}, []tvapi.GroupID{1}},
		"one page, empty":  {[]string{`{"nextPaginationToken":"","resources":[` + group(1) + `]}`}, []string{""}, []tvapi.GroupID{1}},
		"one page, absent": {[]string{`{"resources":[` + group(1) + `]}`}, []string{""}, []tvapi.GroupID{1}},
		"no groups":        {[]string{`{"resources":[]}`}, []string{""}, nil},
		"null groups":      {[]string{`{"nextPaginationToken":null,"resources":null}`}, []string{""}, nil},
		"three pages": {
			[]string{
				`{"currentPaginationToken":null,"nextPaginationToken":"b","resources":[` + group(1) + `,` + group(2) + `]}`,
				`{"currentPaginationToken":"b","nextPaginationToken":"c","resources":[` + group(3) + `]}`,
				`{"currentPaginationToken":"c","nextPaginationToken":null,"resources":[` + group(4) + `]}`,
			},
			[]string{"", "paginationToken=b", "paginationToken=c"}, []tvapi.GroupID{1, 2, 3, 4},
		},
		"empty page between": {
			[]string{`{"nextPaginationToken":"b","resources":[]}`, `{"resources":[` + group(1) + `]}`},
			[]string{"", "paginationToken=b"}, []tvapi.GroupID{1},
		},
		"token to be escaped": {
			[]string{`{"nextPaginationToken":"a+/=&limit=1 #%","resources":[]}`, `{"resources":[]}`},
			[]string{"", "paginationToken=a%2B%2F%3D%26limit%3D1+%23%25"}, nil,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var replies []reply
			for _, page := range test.pages {
				replies = append(replies, ok(page))
			}
			s, c := serve(t, replies...)
			groups, err := collect(c.Groups(t.Context()))
			if err != nil {
				t.Fatalf("Groups: %v", err)
			}
			var got []tvapi.GroupID
			for _, g := range groups {
				got = append(got, g.ID)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("groups (-want +got):\n%s", diff)
			}
			var queries []string
			for _, request := range s.requests() {
				queries = append(queries, request.Query)
			}
			if diff := cmp.Diff(test.queries, queries); diff != "" {
				t.Errorf("queries (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPagesThatNeverEnd(t *testing.T) {
	t.Parallel()
	for name, tokens := range map[string][]string{
		"same token":    {"a", "a"},
		"back to first": {"a", "b", "a"},
		"ring of three": {"a", "b", "c", "b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var replies []reply
			for _, next := range tokens {
				replies = append(replies, ok(`{"nextPaginationToken":"`+next+`","resources":[{"accountId":1}]}`))
			}
			s, c := serve(t, replies...)
			got, err := collect(c.Members(t.Context(), 456))
			if tvapi.KindOf(err) != tvapi.KindForeign || !strings.Contains(err.Error(), "usergroup 456") {
				t.Errorf("error = %v, want KindForeign that names the group", err)
			}
			if len(got) != len(tokens) || len(s.requests()) != len(tokens) {
				t.Errorf("%d members, %d requests, want %d of each", len(got), len(s.requests()), len(tokens))
			}
		})
	}
}

// TestPageOfAnotherShapeIsForeign: an empty list that TeamViewer did not send would take all
// members out of a group.
func TestPageOfAnotherShapeIsForeign(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		`{}`, `[]`, `null`, `{"nextPaginationToken":null}`, `{"users":[]}`, `{"Resources":[]}`, `{"resources":{}}`,
		`{"resources":"none"}`, `{"resources":[1]}`, `{"resources":[{"id":"1","accountId":"1"}]}`,
		`{"resources":[],"nextPaginationToken":7}`, `{"resources":[{"accountId":2147483648,"id":9223372036854775808}]}`,
	} {
		_, c := serve(t, ok(answer), ok(answer))
		if got, err := collect(c.Groups(t.Context())); tvapi.KindOf(err) != tvapi.KindForeign || len(got) != 0 {
			t.Errorf("groups %s: %v, %v, want KindForeign", answer, got, err)
		}
		if got, err := collect(c.Members(t.Context(), 1)); tvapi.KindOf(err) != tvapi.KindForeign || len(got) != 0 {
			t.Errorf("members %s: %v, %v, want KindForeign", answer, got, err)
		}
	}
}

func TestSecondPageFails(t *testing.T) {
	t.Parallel()
	_, c := serve(t, ok(`{"nextPaginationToken":"b","resources":[{"accountId":1,"name":"Ada"}]}`), refused(403, "rate_limit_reached"))
	got, err := collect(c.Members(t.Context(), 456))
	if tvapi.KindOf(err) != tvapi.KindThrottled {
		t.Errorf("error = %v, want KindThrottled", err)
	}
	if diff := cmp.Diff([]tvapi.Member{{Account: 1, Name: "Ada"}}, got); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestPagesStopWithTheReader(t *testing.T) {
	t.Parallel()
	s, c := serve(t, ok(`{"nextPaginationToken":"b","resources":[{"id":1},{"id":2}]}`))
	for _, err := range c.Groups(t.Context()) {
		if err != nil {
			t.Fatalf("Groups: %v", err)
		}
		break
	}
	if n := len(s.requests()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestListsCanBeReadAgain(t *testing.T) {
	t.Parallel()
	two := `{"resources":[{"id":1},{"id":2}]}`
	_, c := serve(t, ok(two), ok(two))
	list := c.Groups(t.Context())
	for range 2 {
		if got, err := collect(list); err != nil || len(got) != 2 {
			t.Errorf("groups = %v, %v", got, err)
		}
	}
}

func TestPagesCountWhatTheySkip(t *testing.T) {
	t.Parallel()
	core, lines := observer.New(zapcore.WarnLevel)
	s, _ := serve(t,
		ok(`{"nextPaginationToken":"b","resources":[{"accountId":0,"name":"Ada"},{"accountId":1},{"accountId":-3}]}`),
		ok(`{"resources":[null]}`))
	c := s.client(tvapi.Options{Logger: zap.New(core)})
	got, err := collect(c.Members(t.Context(), 456))
	if err != nil || len(got) != 1 {
		t.Errorf("members = %v, %v", got, err)
	}
	if lines.Len() != 1 || lines.All()[0].ContextMap()["skipped"] != int64(3) {
		t.Errorf("warnings = %v", lines.All())
	}
}

func TestPagesHaveALimit(t *testing.T) {
	t.Parallel()
	const group = `,{"id":1,"name":"Sales"}`
	for size, want := range map[int]tvapi.Kind{2 << 20: 0, 16<<20 + 1: tvapi.KindForeign} {
		body := `{"resources":[` + strings.Repeat(group, size/len(group)+1)[1:] + `]}`
		c := newClient(t, tvapi.Options{Token: token, Transport: transport(func(r *http.Request) (*http.Response, error) {
			return textAnswer(r, body), nil
		})})
		if err := drain(c.Groups(t.Context())); tvapi.KindOf(err) != want {
			t.Errorf("%d bytes: %v, want %v", size, err, want)
		}
	}
}

// TestPagesOfAnySize cuts a list of members into any pages: the same list comes out, in order, with
// one call a page.
func TestPagesOfAnySize(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Int32Range(1, 1<<30), 0, 40).Draw(t, "members")
		size := rapid.IntRange(1, 41).Draw(t, "size")
		last := rapid.SampledFrom([]string{`,"nextPaginationToken":null`, `,"nextPaginationToken":""`, ``}).Draw(t, "last")
		calls := 0
		c, err := tvapi.New(tvapi.Options{Token: token, Attempts: 1, Transport: transport(func(r *http.Request) (*http.Response, error) {
			calls++
			from := 0
			if at := r.URL.Query().Get("paginationToken"); at != "" {
				if _, err := fmt.Sscanf(at, "at-%d", &from); err != nil {
					return nil, err
				}
			}
			return textAnswer(r, memberPage(all, from, size, last)), nil
		})})
		if err != nil {
			t.Fatal(err)
		}
		var got []int32
		for m, err := range c.Members(context.Background(), 456) {
			if err != nil {
				t.Fatalf("Members: %v", err)
			}
			got = append(got, int32(m.Account))
		}
		if diff := cmp.Diff(append([]int32(nil), all...), got); diff != "" {
			t.Errorf("members (-want +got):\n%s", diff)
		}
		if want := max(1, (len(all)+size-1)/size); calls != want {
			t.Errorf("%d calls, want %d", calls, want)
		}
	})
}

// memberPage is the page of size members that begins at from; last is what stands for the next
// token where there is none.
func memberPage(all []int32, from, size int, last string) string {
	to := min(from+size, len(all))
	var items []string
	for _, account := range all[from:to] {
		items = append(items, fmt.Sprintf(`{"accountId":%d}`, account))
	}
	if to < len(all) {
		last = fmt.Sprintf(`,"nextPaginationToken":"at-%d"`, to)
	}
	return `{"resources":[` + strings.Join(items, ",") + `]` + last + `}`
}

// textAnswer is a success with a body.
func textAnswer(r *http.Request, body string) *http.Response {
	return &http.Response{StatusCode: 200, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}
