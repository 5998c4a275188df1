package gateway_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"tvscim/tvapi/tvfake"
)

// TestBulkAtTheStop sends a bulk request to a gateway that is told to stop in its middle, as
// SIGTERM does. It is answered: what TeamViewer has done is said to be done, and all else to be
// tried again.
func TestBulkAtTheStop(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true})
	stopping, stop := context.WithCancel(t.Context())
	defer stop()
	var created atomic.Int32
	heard := make(chan struct{})
	s.gateway.OnStop(func() { close(heard) })
	s.fake.OnCall(func(c tvfake.Call) {
		if c.Method == "POST" && created.Add(1) == 3 {
			stop()
			<-heard
		}
	})
	var lc net.ListenConfig
	public, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	private, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.gateway.Serve(stopping, public, private) }()
	s.url, s.client = "http://"+public.Addr().String()+"/scim/v2", http.DefaultClient
	operations := make([]string, 200)
	for i := range operations {
		operations[i] = bulkUser(fmt.Sprint("u", i), fmt.Sprintf("user%d@contoso.example", i))
	}
	statuses, a := s.bulk(operations...)
	if err := <-ended; err != nil {
		t.Errorf("serve: %v", err)
	}
	made := strings.Count(strings.Join(statuses, " "), "201")
	if made != 3 || made != int(created.Load()) || len(statuses) != len(operations) {
		t.Errorf("%d of %d are said to be made, TeamViewer made %d", made, len(statuses), created.Load())
	}
	for i, status := range statuses {
		if want := map[bool]string{true: "201", false: "503"}[i < made]; status != want {
			t.Errorf("operation %d: status %s, want %s", i, status, want)
		}
	}
	if !strings.Contains(a.body, "not done: the gateway is stopping") {
		t.Errorf("the answer does not say why: %.300s", a.body)
	}
}
