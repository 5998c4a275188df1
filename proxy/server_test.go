package proxy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/proxy"
	"tvscim/scim"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*proxy.Options)
		want   string
	}{
		"directory":       {func(o *proxy.Options) { o.Directory = nil }, "directory: missing"},
		"users":           {func(o *proxy.Options) { o.Users = nil }, "users: missing resource type or endpoint"},
		"users' endpoint": {func(o *proxy.Options) { o.Users = &scim.ResourceType{} }, "users: missing resource type or endpoint"},
		"groups":          {func(o *proxy.Options) { o.Groups = nil }, "groups: missing resource type or endpoint"},
		"auth":            {func(o *proxy.Options) { o.Auth = nil }, "auth: missing; without it everybody would be let in"},
		"max body":        {func(o *proxy.Options) { o.MaxBody = -1 }, "max body: negative"},
		"timeout":         {func(o *proxy.Options) { o.RequestTimeout = -time.Second }, "request timeout: negative"},
		"page":            {func(o *proxy.Options) { o.Limits.Page = -1 }, "limits: negative page"},
		"max page":        {func(o *proxy.Options) { o.Limits.MaxPage = -1 }, "limits: negative page"},
		"relative base":   {func(o *proxy.Options) { o.BasePath = "scim" }, `base path "scim": must begin with a slash`},
		"doubled slash":   {func(o *proxy.Options) { o.BasePath = "/a//b" }, `base path "/a//b": only letters, digits and -._~ between single slashes`},
		"slashes":         {func(o *proxy.Options) { o.BasePath = "//" }, `base path "//": only letters, digits and -._~ between single slashes`},
		"dots":            {func(o *proxy.Options) { o.BasePath = "/a/.." }, `base path "/a/..": only letters, digits and -._~ between single slashes`},
		"router's words":  {func(o *proxy.Options) { o.BasePath = "/:a/*" }, `base path "/:a/*": only letters, digits and -._~ between single slashes`},
		"escape":          {func(o *proxy.Options) { o.BasePath = "/%41" }, `base path "/%41": only letters, digits and -._~ between single slashes`},
		"not a URL":       {func(o *proxy.Options) { o.PublicURL = "https://a b" }, "public URL: not a URL"},
		"no scheme":       {func(o *proxy.Options) { o.PublicURL = "tv.example.com" }, "public URL: must begin with https:// or http://"},
		"other scheme":    {func(o *proxy.Options) { o.PublicURL = "ftp://tv.example.com" }, "public URL: must begin with https:// or http://"},
		"no host":         {func(o *proxy.Options) { o.PublicURL = "https:///x" }, "public URL: missing or malformed host"},
		"user":            {func(o *proxy.Options) { o.PublicURL = "https://a:secret@tv.example.com" }, "public URL: must be scheme, host and path alone"},
		"query":           {func(o *proxy.Options) { o.PublicURL = "https://tv.example.com?a" }, "public URL: must be scheme, host and path alone"},
		"question mark":   {func(o *proxy.Options) { o.PublicURL = "https://tv.example.com?" }, "public URL: must be scheme, host and path alone"},
		"fragment":        {func(o *proxy.Options) { o.PublicURL = "https://tv.example.com#a" }, "public URL: must be scheme, host and path alone"},
		"several at once": {func(o *proxy.Options) { *o = proxy.Options{BasePath: "x", PublicURL: "y"} }, "directory: missing\nusers: missing resource type or endpoint\ngroups: missing resource type or endpoint\nauth: missing; without it everybody would be let in\nbase path \"x\": must begin with a slash\npublic URL: must begin with https:// or http://"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			test.change(&o)
			s, err := proxy.New(o)
			if err == nil {
				t.Fatal("accepted")
			}
			if diff := cmp.Diff("proxy: "+test.want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if s != nil {
				t.Error("a server beside the error")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Error("a password in the error")
			}
		})
	}
}

// TestDefaults serves with the fewest options.
func TestDefaults(t *testing.T) {
	t.Parallel()
	c := serve(t, func(o *proxy.Options) {
		*o = proxy.Options{Directory: o.Directory, Users: o.Users, Groups: o.Groups, Auth: o.Auth}
	})
	a := c.send("GET", "/ServiceProviderConfig", "")
	if !strings.Contains(a.body, `"maxResults":1000`) {
		t.Errorf("maxResults is not the largest page: %s", a.body)
	}
	body := `{"userName":"nora@contoso.example"` + strings.Repeat(" ", proxy.DefaultMaxBody-36) + "}"
	if a := c.send("POST", "/Users", body); a.status != 201 {
		t.Errorf("a body of %d bytes: status %d", len(body), a.status)
	}
	if a := c.send("POST", "/Users", body+"  "); a.status != 413 {
		t.Errorf("a body of %d bytes: status %d", len(body)+2, a.status)
	}
}

func TestHTTPServer(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zapcore.DebugLevel)
	s := proxy.HTTPServer(newServer(t).Handler(), time.Minute, zap.New(core))
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes <= 0 {
		t.Error("a limit is not set")
	}
	if s.WriteTimeout <= time.Minute+s.ReadTimeout {
		t.Errorf("write time-out %s: an answer may come after the body and a minute", s.WriteTimeout)
	}
	s.ErrorLog.Print("http: TLS handshake error from 192.0.2.1")
	if lines := logs.All(); len(lines) != 1 || lines[0].Level != zapcore.DebugLevel {
		t.Errorf("the error log: %v, want one line at debug", lines)
	}
}
