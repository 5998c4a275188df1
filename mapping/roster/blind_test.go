package roster_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"tvscim/mapping/roster"
	"tvscim/tvapi/tvfake"
)

// What a picture of long ago says of an object may be true no more, so TeamViewer is asked about that object, as long as
// nothing newer can be had. What it cannot be asked about is as it was.
func TestAPictureOfLongAgo(t *testing.T) {
	t.Parallel()
	failing := tvfake.Fault{Function: userList, Status: http.StatusInternalServerError}
	slow := tvfake.Fault{Function: userList, Delay: time.Minute}
	mute := tvfake.Fault{Status: http.StatusInternalServerError}
	hanging := tvfake.Fault{Delay: time.Hour}
	tests := []struct {
		name   string
		age    time.Duration // of the picture, whose age is a minute
		fault  tvfake.Fault
		want   string // name, "" for ErrUnknown
		asked  int
		change func(*company, string)
	}{
		{name: "young", age: 30 * time.Second, fault: failing, want: "Old"},
		{name: "a little too old", age: 110 * time.Second, fault: failing, want: "Old"},
		{name: "of long ago", age: time.Hour, fault: failing, want: "New", asked: 1},
		{name: "of long ago, while the next is slow to come", age: time.Hour, fault: slow, want: "New", asked: 1},
		{name: "of long ago, and nothing answers", age: time.Hour, fault: mute, want: "Old", asked: 1},
		{name: "of long ago, and nothing answers in time", age: time.Hour, fault: hanging, want: "Old", asked: 1},
		{name: "of long ago, and the user is gone", age: time.Hour, fault: failing, asked: 1, change: func(c *company, id string) { c.tv.DropUser(id) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
				nora := c.hire("nora@example.com")
				c.tv.ChangeUser(nora.String(), func(u *tvfake.User) { u.Name = "Old" })
				c.users()
				c.tv.ChangeUser(nora.String(), func(u *tvfake.User) { u.Name = "New" })
				if tt.change != nil {
					tt.change(c, nora.String())
				}
				c.tv.Fail(tt.fault)
				time.Sleep(tt.age)
				began := time.Now()
				u, err := c.User(t.Context(), nora)
				if tt.want == "" && !errors.Is(err, roster.ErrUnknown) || tt.want != "" && (err != nil || u.Name != tt.want) {
					t.Errorf("User = %q, %v, want %q", u.Name, err, tt.want)
				}
				if took := time.Since(began); took > 4*time.Second {
					t.Errorf("it took %v, more than the patience for a list and for an answer", took)
				}
				c.wantCalls(userGet, tt.asked)
				if now, ok := c.UsersNow().ByID(nora); !ok || now.Name != "Old" {
					t.Errorf("the picture has %q, %v: it is for the next list to change it", now.Name, ok)
				}
			})
		})
	}
}
