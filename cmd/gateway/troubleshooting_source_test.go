package gateway_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// errorText is a text that clients get, as the code has it. What is filled in is "…".
type errorText struct {
	section string // the title of its section in the document
	text    string
}

// Titles of sections that are not a status.
const (
	sectionNetwork = "Why the network gave no answer"
	sectionAddress = "Why a userName is refused"
	sectionFilter  = "What is wrong with a filter or a path"
	sectionAdded   = "Sentences that are added"
	sectionBegin   = "Beginnings"
)

// statusNames are the identifiers of HTTP status codes in the code.
var statusNames = map[string]int{
	"http.StatusForbidden": http.StatusForbidden, "http.StatusMethodNotAllowed": http.StatusMethodNotAllowed,
	"http.StatusRequestTimeout": http.StatusRequestTimeout, "http.StatusRequestEntityTooLarge": http.StatusRequestEntityTooLarge,
	"http.StatusUnsupportedMediaType": http.StatusUnsupportedMediaType, "http.StatusInternalServerError": http.StatusInternalServerError,
	"http.StatusNotImplemented": http.StatusNotImplemented,
}

// sayers are the functions that begin or continue an error's text, and which argument has the
// words.
var sayers = map[string]int{"toSCIMError": 1, "withSentence": 1, "membersErrorWith": 3, "membersRefusedError": 1}

// speakers are the functions that return the words for one of the sayers.
var speakers = map[string]bool{"about": true, "failed": true}

// constructor is a function of package scim that makes an error.
type constructor struct {
	format  int    // which argument is the text
	section string // "" if the arguments decide
}

// errorTexts collects the texts. Each text that it cannot follow is an error: the document would
// lack it.
func errorTexts(root fs.FS) ([]errorText, error) {
	all, err := sourcesOf(root)
	if err != nil {
		return nil, err
	}
	c := collector{
		constants: map[string]map[string]string{}, found: map[errorText]bool{},
		network: map[string]map[string]string{"networkTexts": {}, "remedies": {}},
	}
	names := slices.Sorted(maps.Keys(all))
	for _, name := range names {
		c.constantsOf(path.Dir(name), all[name].file)
	}
	c.constructors(all["scim/error.go"].file)
	for _, name := range names {
		if slices.Contains([]string{"scim/scimtest", "tvapi/tvfake", "mapping/idmap/idmaptest"}, path.Dir(name)) || name == "scim/error.go" {
			continue
		}
		c.name, c.room, c.parents = name, path.Dir(name), map[ast.Expr]bool{}
		ast.Inspect(all[name].file, c.node)
	}
	c.networkTexts()
	texts := slices.SortedFunc(maps.Keys(c.found), func(a, b errorText) int {
		return strings.Compare(a.section+"\x00"+strings.TrimLeft(a.text, `…: "`), b.section+"\x00"+strings.TrimLeft(b.text, `…: "`))
	})
	return texts, errors.Join(c.problems...)
}

type collector struct {
	constants  map[string]map[string]string // of each package: texts by the name of the constant
	makers     map[string]constructor
	name, room string            // the file and its package, now
	function   string            // the function, now
	parents    map[ast.Expr]bool // names that are called, or stand for no function
	found      map[errorText]bool
	network    map[string]map[string]string // tables of texts by reason
	problems   []error
}

func (c *collector) problem(format string, args ...any) {
	c.problems = append(c.problems, fmt.Errorf(c.name+": "+format, args...))
}

func (c *collector) add(section, text string) {
	text = regexp.MustCompile("…+").ReplaceAllString(text, "…")
	if regexp.MustCompile(`[[:alpha:]]{2}`).MatchString(text) {
		c.found[errorText{section, text}] = true
	}
}

// constantsOf records the texts of constants, also of those within functions.
func (c *collector) constantsOf(room string, file *ast.File) {
	if c.constants[room] == nil {
		c.constants[room] = map[string]string{}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if d, ok := n.(*ast.GenDecl); ok && d.Tok == token.CONST {
			for _, spec := range d.Specs {
				for i, value := range spec.(*ast.ValueSpec).Values {
					if literal, ok := value.(*ast.BasicLit); ok && literal.Kind == token.STRING {
						c.constants[room][spec.(*ast.ValueSpec).Names[i].Name], _ = strconv.Unquote(literal.Value)
					}
				}
			}
		}
		return true
	})
}

// constructors learns from scim/error.go which functions make errors, and of which status and type.
func (c *collector) constructors(file *ast.File) {
	c.makers, c.room = map[string]constructor{"Errorf": {format: 2}}, "scim"
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if ok && calledName(call) == "Errorf" && f.Name.Name != "Errorf" {
				c.makers[f.Name.Name] = constructor{len(f.Type.Params.List) - 2, c.status(call)}
			}
			return true
		})
	}
}

// status is the section of a call of Errorf.
func (c *collector) status(call *ast.CallExpr) string {
	code := 0
	switch e := call.Args[0].(type) {
	case *ast.BasicLit:
		code, _ = strconv.Atoi(e.Value)
	case *ast.SelectorExpr:
		code = statusNames[fmt.Sprint(e.X, ".", e.Sel)]
	}
	typ, _ := c.text(call.Args[1])
	return strings.TrimSpace(fmt.Sprint(code, " ", typ))
}

// text returns the text of an expression, with "…" for what is not known before the program runs;
// false when it is nothing else.
func (c *collector) text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.Ident:
		text, ok := c.constants[c.room][e.Name]
		return orDots(text, ok), ok
	case *ast.SelectorExpr:
		text, ok := c.constants["scim"][e.Sel.Name]
		return orDots(text, ok && fmt.Sprint(e.X) == "scim"), ok
	case *ast.BinaryExpr:
		left, known := c.text(e.X)
		right, also := c.text(e.Y)
		return left + right, known || also
	case *ast.CallExpr:
		if name := calledName(e); (name == "Sprintf" || name == "Safe") && len(e.Args) > 0 {
			return c.text(e.Args[0])
		}
	}
	return "…", false
}

func orDots(text string, known bool) string {
	if known {
		return text
	}
	return "…"
}

// verbs are the placeholders of a format.
var verbs = regexp.MustCompile(`%[-+# 0]*\d*(?:\.\d+)?[a-zA-Z]`)

// filled replaces the placeholders of a format.
func filled(format string) string {
	return strings.ReplaceAll(verbs.ReplaceAllString(strings.ReplaceAll(format, "%%", "\x00"), "…"), "\x00", "%")
}

// calledName is the name of the function that a call calls, without its package.
func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// maker returns the constructor that an expression names.
func (c *collector) maker(e ast.Expr) (constructor, bool) {
	switch e := e.(type) {
	case *ast.Ident:
		m, ok := c.makers[e.Name]
		return m, ok && c.room == "scim"
	case *ast.SelectorExpr:
		m, ok := c.makers[e.Sel.Name]
		return m, ok && fmt.Sprint(e.X) == "scim"
	}
	return constructor{}, false
}
