package proxy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// vulnerable are the functions of Echo that the findings GO-2026-6872 and GO-2026-6875 are about,
// which have no fix in version 4 and which .ci/run accepts for that reason: whatever trusts
// X-Forwarded-For and X-Real-IP, and what the fix in version 5 changed. Echo's middleware, where
// its reverse proxy and its rate limiter are, may not be imported at all.
var vulnerable = []string{
	"RealIP", "ExtractIPFromXFFHeader", "ExtractIPFromRealIPHeader", "Scheme", "JSONP", "JSONPBlob",
	"NewWithConfig", "StaticDirectoryHandler", "Static", "StaticFS", "Proxy", "ProxyWithConfig", "RateLimiter", "RateLimiterWithConfig",
}

// TestVulnerableFunctionsOfEchoAreNotUsed parses every file that is no test and imports Echo.
func TestVulnerableFunctionsOfEchoAreNotUsed(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if used := vulnerableUses(file); len(used) > 0 {
			t.Errorf("%s uses %q of Echo: see the findings that .ci/run accepts", path, used)
		}
		if importsEcho(file) {
			files++
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Errorf("%d files import Echo, %v", files, err)
	}
}

// TestVulnerableFunctionsAreSeen: what the test above looks for is found where it is.
func TestVulnerableFunctionsAreSeen(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]int{
		`import "github.com/labstack/echo/v4"; func f(c echo.Context) string { return c.RealIP() }`:                        1,
		`import "github.com/labstack/echo/v4"; func f(c echo.Context) func() string { return c.RealIP }`:                   1,
		`import "github.com/labstack/echo/v4"; func f(e *echo.Echo) { e.IPExtractor = echo.ExtractIPFromXFFHeader() }`:     1,
		`import m "github.com/labstack/echo/v4/middleware"; var f = m.Logger`:                                              1,
		`import "github.com/labstack/echo/v4"; func f(e *echo.Echo) { e.IPExtractor = echo.ExtractIPDirect() }`:            0,
		`import ("net/url"; "github.com/labstack/echo/v4"); func f(u *url.URL, _ *echo.Echo) { u.Scheme = "https" }`:       0,
		`import "net/http"; func f(r *http.Request) string { return r.URL.Scheme }; type x struct{}; func (x) RealIP() {}`: 0,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p; "+source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if used := vulnerableUses(file); len(used) != want {
			t.Errorf("%s: %q, want %d", source, used, want)
		}
	}
}

// importsEcho reports whether a file imports Echo or a package of it.
func importsEcho(file *ast.File) bool {
	return slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool {
		return strings.HasPrefix(i.Path.Value, `"github.com/labstack/echo/`)
	})
}

// vulnerableUses returns what a file that imports Echo uses of it and should not. A field that is
// set, such as the Scheme of a URL, is no use; a method that is called or taken as a value is.
func vulnerableUses(file *ast.File) (used []string) {
	if !importsEcho(file) {
		return nil
	}
	for _, i := range file.Imports {
		if path, _ := strconv.Unquote(i.Path.Value); strings.HasPrefix(path, "github.com/labstack/echo/v4/") {
			used = append(used, path)
		}
	}
	set := map[ast.Expr]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				set[left] = true
			}
		case *ast.SelectorExpr:
			if slices.Contains(vulnerable, n.Sel.Name) && !set[n] {
				used = append(used, n.Sel.Name)
			}
		}
		return true
	})
	return used
}
