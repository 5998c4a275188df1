package page

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
	"unicode"
)

//go:embed assets
var assets embed.FS

// types are the media types of what is served of the assets.
var types = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

// asset serves a stylesheet, a script or the icon. These hold no data, so that nobody needs to sign
// in.
func asset(w http.ResponseWriter, r *http.Request, name string) {
	typ, served := types[path.Ext(name)]
	body, err := fs.ReadFile(assets, "assets/"+name)
	if !served || err != nil || r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", typ)
	_, _ = w.Write(body) //nolint:gosec // embedded, and not what the browser sent; it may be gone
}

// parseTemplates parses the embedded templates, once in a process: they are the same for all handlers.
var parseTemplates = sync.OnceValues(func() (*template.Template, error) {
	return template.New("").Funcs(template.FuncMap{
		"clean": clean, "short": shorten, "moment": moment, "json": indented, "duration": duration, "thousands": thousands, "pretty": pretty,
		"lower": strings.ToLower, "join": strings.Join,
	}).ParseFS(assets, "assets/*.html")
})

// view is what every template gets.
type view struct {
	Page      string // name of the template
	Name      string // of the token; "" without sign-in
	CSRF      string
	Version   string
	HasPlan   bool
	SignedOut bool // there is no navigation
	Data      any
}

// render shows a page. It is rendered before anything is sent, so that no half page is.
func (h *handler) render(v *visit, status int, name string, data any) {
	var page bytes.Buffer
	err := h.templates.ExecuteTemplate(&page, name, view{name, v.name, v.csrf, h.Version, h.Plan != nil, name == "signin", data})
	if err != nil {
		http.Error(v.w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = io.WriteString(v.w, h.Hide(page.String())) // the browser may be gone
}

// clean replaces characters that would change how a text is shown: control characters, and those
// that change the direction of what follows. Letters of every script stay.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r == '\u2028', r == '\u2029', r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// shorten cuts a text to so many characters.
func shorten(n int, s string) string {
	if len(s) <= n {
		return s
	}
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n-1]) + "…"
}

// moment writes a time in UTC. The script of the page shows it in the reader's zone.
func moment(t time.Time) template.HTML {
	if t.IsZero() {
		return "–"
	}
	t = t.UTC()
	const utc = "2006-01-02 15:04:05 UTC"
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%[2]s</time>`, t.Format(time.RFC3339Nano), t.Format(utc))) //nolint:gosec // digits alone
}

// duration writes a duration in the unit that fits.
func duration(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d >= 10*time.Second:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d >= time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Millisecond:
		return "< 1 ms"
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}

// thousands writes a number with thin spaces between thousands.
func thousands(n int) string {
	digits := fmt.Sprint(n)
	var out strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteRune('\u202f')
		}
		out.WriteRune(d)
	}
	return out.String()
}

// indented writes a value as JSON.
func indented(v any) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return ""
	}
	return strings.TrimRight(out.String(), "\n")
}

// pretty indents a body; what is not JSON stays as it is.
func pretty(body []byte) string {
	var out bytes.Buffer
	if json.Indent(&out, body, "", "  ") != nil {
		return string(body)
	}
	return out.String()
}
