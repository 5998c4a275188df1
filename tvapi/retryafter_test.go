package tvapi_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// TestRetryAfterAsADate: a date is one of TeamViewer's clock, so that it does not matter how wrong
// the gateway's is. A deactivation behind it goes out as soon as TeamViewer takes calls again, or
// after a quarter of an hour.
func TestRetryAfterAsADate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ahead time.Duration // TeamViewer's clock, before the gateway's
		date  string        // the header Date; "" = what the clock says, "-" = none
		asked time.Duration
		want  time.Duration
	}{
		"same clock":                   {0, "", time.Minute, time.Minute},
		"gateway two hours slow":       {2 * time.Hour, "", time.Minute, time.Minute},
		"gateway two hours fast":       {-2 * time.Hour, "", time.Minute, time.Minute},
		"no Date":                      {0, "-", time.Minute, time.Minute},
		"no Date, two hours slow":      {2 * time.Hour, "-", time.Minute, 15 * time.Minute},
		"a Date that is none":          {0, "today", time.Minute, time.Minute},
		"a Date of long ago":           {0, "Thu, 01 Jan 1970 00:00:00 GMT", time.Minute, 15 * time.Minute},
		"a day, and two hours slow":    {2 * time.Hour, "", 24 * time.Hour, 15 * time.Minute},
		"a date before that of Date":   {2 * time.Hour, "", -time.Minute, 0},
		"a year, as a clock gone wild": {0, "", 365 * 24 * time.Hour, 15 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var fake http.RoundTripper
			var once sync.Once
			edge := transport(func(r *http.Request) (answer *http.Response, err error) {
				answer, err = fake.RoundTrip(r)
				once.Do(func() { // the first answer has the server's clock
					clock := time.Now().Add(test.ahead)
					answer.Header.Set("Retry-After", clock.Add(test.asked).UTC().Format(http.TimeFormat))
					answer.Header.Set("Date", clock.UTC().Format(http.TimeFormat))
					switch test.date {
					case "":
					case "-":
						answer.Header.Del("Date")
					default:
						answer.Header.Set("Date", test.date)
					}
				})
				return answer, err
			})
			inPaced(t, tvapi.Options{Transport: edge}, func(p *paced) {
				fake = p.fake.Transport()
				id := p.hire()
				p.fake.Fail(tvfake.Fault{Function: string(tvapi.FuncUserUpdate), Limit: true, Times: 1})
				off := func() error {
					return p.client.UpdateUser(p.Context(), id, tvapi.UserUpdate{Active: ptr(false)})
				}
				if test.want == 0 {
					p.must(off())
					if p.since() > 2*time.Second {
						t.Errorf("done after %v, want at once", p.since())
					}
					return
				}
				if e := p.wantKind(off(), tvapi.KindThrottled, false); e.RetryAfter != test.want {
					t.Errorf("RetryAfter = %v, want %v", e.RetryAfter, test.want)
				}
				time.Sleep(test.want - time.Nanosecond)
				p.wantKind(off(), tvapi.KindThrottled, true)
				time.Sleep(time.Nanosecond)
				p.must(off())
			})
		})
	}
}
