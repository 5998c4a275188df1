package gateway_test

import (
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// TestTokensAreHidden: the token of the caller and that of TeamViewer, which a client has put into
// names, filters and bodies, are neither on a page nor in the change log, in either mode.
func TestTokensAreHidden(t *testing.T) {
	t.Parallel()
	const caller = `stage"token<&\7`
	for _, mode := range []config.AuthMode{config.AuthToken, config.AuthPassthrough} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "changes.jsonl")
			s := newStage(t, staging{settings: func(c *config.Config, f *tvfake.Server) {
				c.Changelog.Path = path
				c.Auth.Tokens = []config.Token{tokenOf("entra", caller)}
				if c.Auth.Mode = mode; mode == config.AuthPassthrough {
					c.Auth.Tokens, c.TeamViewer.Token = nil, config.Secret{}
				}
			}})
			secrets := []string{s.fake.Token(), caller}
			s.token = caller
			if mode == config.AuthPassthrough {
				s.token, secrets = s.fake.Token(), secrets[:1]
			}
			s.user("first@contoso.example") // the token is accepted
			var seen []string
			for i, secret := range secrets {
				inJSON := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(secret)
				email := []string{"ada@contoso.example", "bob@contoso.example"}[i]
				a := s.do("POST", "/Users", `{"userName":"`+email+`","displayName":"`+inJSON+`","title":"Bearer `+inJSON+`"}`)
				id, _ := a.json(t)["id"].(string)
				seen = append(seen, a.header.Get("X-Request-Id"))
				for _, request := range [][3]string{
					{"GET", "/Users?filter=displayName%20eq%20%22" + url.QueryEscape(secret) + "%22&token=" + url.QueryEscape(secret), ""},
					{"POST", "/Users", `{"userName":"` + email + `","externalId":"` + inJSON + `"}`},
					{"POST", "/Users", `{"userName":"` + inJSON + `"}`},
					{"PATCH", "/Users/" + id, patchOf(`{"op":"replace","path":"externalId","value":"` + inJSON + `"}`)},
					{"PATCH", "/Users/" + id, patchOf(`{"op":"` + inJSON + `"}`)},
					{"PATCH", "/Users/" + id, `{"` + inJSON},
					{"POST", "/Groups", `{"displayName":"` + inJSON + `"}`},
				} {
					seen = append(seen, s.do(request[0], request[1], request[2]).header.Get("X-Request-Id"))
				}
			}
			r := s.reader()
			pages := map[string]string{"overview": r.get("").must(t, http.StatusOK).body, "activity": r.get("/activity").must(t, http.StatusOK, "&lt;secret&gt;").body}
			for _, id := range seen {
				pages[id] = r.get("/activity/"+id).must(t, http.StatusOK).body
			}
			pages["people"] = r.post("/people", "text", "contoso").must(t, http.StatusOK, "ada@contoso.example").body
			for _, u := range s.fake.Users() {
				pages[u.ID] = r.get("/people/"+u.ID).must(t, http.StatusOK).body
			}
			log, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			pages["change log"] = string(log)
			for name, page := range pages {
				for _, secret := range secrets {
					if p := plain(page); strings.Contains(p, plain(secret)) {
						i := strings.Index(p, plain(secret))
						t.Errorf("%s has %s: ...%s", name, secret, p[max(i-200, 0):min(i+200, len(p))])
					}
				}
			}
		})
	}
}

// plain returns a text without the escapes of HTML and JSON.
func plain(text string) string {
	return strings.NewReplacer(`\u003c`, "<", `\u0026`, "&", `\`, "").Replace(html.UnescapeString(text))
}
