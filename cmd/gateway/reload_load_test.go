package gateway_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// TestReloadUnderLoad: reloads of everything in the middle of 2,000 requests, of 1,000 in short
// mode, fail none of them. TeamViewer's old token is revoked as soon as the new one is in use.
func TestReloadUnderLoad(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true})
	const workers = 8
	each, reloads := 250, 40
	if testing.Short() {
		each, reloads = 125, 20
	}
	ids := make([]string, workers)
	for i := range ids {
		ids[i] = s.user(fmt.Sprintf("user%d@contoso.example", i))
	}
	group := s.group("Team", ids[0])
	var done sync.WaitGroup
	half := make(chan struct{}, workers*each)
	for worker := range workers {
		done.Go(func() {
			for i := range each {
				half <- struct{}{}
				var a answer
				want := http.StatusOK
				switch id := ids[worker]; i % 5 {
				case 0:
					a = s.do("GET", "/Users/"+id, "")
				case 1:
					a = s.do("PATCH", "/Users/"+id, patchOf(fmt.Sprintf(`{"op":"Replace","path":"displayName","value":"Name %d"}`, i)))
				case 2:
					a = s.do("GET", "/Users?filter="+eq("userName", fmt.Sprintf("user%d@contoso.example", worker)), "")
				case 3:
					want = http.StatusNoContent
					a = s.do("PATCH", "/Groups/"+group, patchOf(`{"op":"Add","path":"members","value":[{"value":"`+id+`"}]}`))
				default:
					want = http.StatusCreated
					a = s.do("POST", "/Users", newUser(fmt.Sprintf("new%d-%d@contoso.example", worker, i)))
				}
				if a.status != want {
					t.Errorf("worker %d, request %d: %d, want %d: %s", worker, i, a.status, want, a.body)
				}
			}
		})
	}
	old := s.fake.Token()
	for i := range reloads {
		for range workers * each / (reloads + 5) {
			<-half // so that the reloads are spread over the requests
		}
		next := fmt.Sprintf("rotated-token-%d", i)
		s.fake.AddToken(next)
		s.mustReload(func(c *config.Config) {
			c.TeamViewer.Token = config.NewSecret(next)
			c.Auth.Tokens = []config.Token{tokenOf("stage", stageToken), tokenOf(fmt.Sprint("other-", i), fmt.Sprint("other-", i))}
			c.Users.Keep, c.Limits.Page = []string{fmt.Sprint("title", i)}, 50+i
		})
		s.fake.SetStateOf(old, tvfake.TokenRevoked)
		old = next
	}
	done.Wait()
	if ok, detail := s.teamviewer(); !ok {
		t.Errorf("/readyz: %q", detail)
	}
}
