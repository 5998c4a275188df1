package config

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decoder applies written settings to a Config and collects the problems.
//
// It walks the YAML syntax tree itself. The decoder of the yaml package quotes wrong values in its
// errors, which may be tokens, and gives no line for a value that is well-formed but wrong.
type decoder struct {
	problems Problems
	origins  map[string]origin
}

// origin is where the value of a key was written: a line of the file or a variable.
type origin struct {
	line int
	env  string
}

// at returns the origin of a line of the variable env or, if env is empty, of the file. The line of
// a variable is of no use.
func at(line int, env string) origin {
	if env != "" {
		return origin{env: env}
	}
	return origin{line: line}
}

// origin returns where key was written, or the closest key that contains it.
func (d *decoder) origin(key string) origin {
	for _, k := range lineage(key) {
		if from, ok := d.origins[k]; ok {
			return from
		}
	}
	return origin{}
}

// lineage returns key and the keys that contain it, innermost first: "auth.tokens[0]",
// "auth.tokens", "auth".
func lineage(key string) []string {
	var keys []string
	for key != "" {
		keys = append(keys, key)
		key = key[:max(strings.LastIndexAny(key, ".["), 0)]
	}
	return keys
}

// problem adds a problem of key, with its origin.
func (d *decoder) problem(key string, from origin, message string) {
	d.problems = append(d.problems, Problem{Key: key, Line: from.line, Env: from.env, Message: message})
}

// document reads the settings file and reports whether it is valid YAML. An empty file, or one of
// comments only, sets nothing.
func (d *decoder) document(data []byte, root reflect.Value) bool {
	n, ok := d.parse(data, "", "")
	if n != nil {
		d.node(n, root, "", origin{line: n.Line})
	}
	return ok
}

// parse returns the only YAML document in text, nil when there is none, and whether text is valid
// YAML. Problems are added for key and env.
func (d *decoder) parse(text []byte, key, env string) (_ *yaml.Node, ok bool) {
	documents := yaml.NewDecoder(bytes.NewReader(text))
	var first, second yaml.Node
	err := documents.Decode(&first)
	if errors.Is(err, io.EOF) {
		return nil, true
	}
	if err == nil {
		err = documents.Decode(&second)
	}
	switch {
	case err == nil:
		d.problem(key, at(second.Line, env), "a second YAML document begins; remove it")
	case !errors.Is(err, io.EOF):
		d.syntax(text, key, env, err)
		return nil, false
	}
	return first.Content[0], true
}

// node reads n into v, the setting at path.
func (d *decoder) node(n *yaml.Node, v reflect.Value, path string, from origin) {
	if path != "" {
		d.origins[path] = from
	}
	switch {
	case n.Kind == yaml.AliasNode:
		d.problem(path, from, "is an alias; write the value itself")
	case isSection(v.Type()):
		d.mapping(n, v, path, from)
	case v.Kind() == reflect.Slice:
		d.sequence(n, v, path, from)
	default:
		d.scalar(n, v, path, from)
	}
}

// mapping reads a section.
func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string, from origin) {
	if isNull(n) {
		return // A section whose keys are all commented out.
	}
	if n.Kind != yaml.MappingNode {
		d.problem(path, from, "must be a mapping of keys to values: below it, indented with spaces, one line each of key, colon, space and value")
		return
	}
	fields := make(map[string]reflect.Value, v.NumField())
	for i := range v.NumField() {
		fields[yamlName(v.Type().Field(i))] = v.Field(i)
	}
	lines := make(map[string]int, len(fields))
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		here, name := at(key.Line, from.env), key.Value
		target, known := fields[name]
		switch first, seen := lines[name]; {
		case key.Kind != yaml.ScalarNode || !keyPattern.MatchString(name):
			d.problem(path, here, "has a key with characters other than letters, digits, dots, hyphens and underscores; correct it")
		case !known:
			d.problem(join(path, name), here, "unknown key"+suggest(path, name, fields))
		case seen:
			d.problem(join(path, name), here, alreadySet(first, from.env))
		default:
			lines[name] = key.Line
			d.node(value, target, join(path, name), here)
		}
	}
}

// keyPattern matches the names of keys that a message may quote.
var keyPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// alreadySet returns the message for a key that is set twice.
func alreadySet(first int, env string) string {
	if env != "" {
		return "is set twice; remove one of them"
	}
	return "already set in line " + strconv.Itoa(first) + "; remove one of them"
}

// sequence reads a list.
func (d *decoder) sequence(n *yaml.Node, v reflect.Value, path string, from origin) {
	v.SetZero()
	if isNull(n) {
		return // A list whose entries are all commented out.
	}
	if n.Kind != yaml.SequenceNode {
		d.problem(path, from, "must be a list; write its entries in brackets, or in lines that begin with a hyphen")
		return
	}
	if len(n.Content) == 0 {
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, entry := range n.Content {
		d.node(entry, list.Index(i), path+"["+strconv.Itoa(i)+"]", at(entry.Line, from.env))
	}
	v.Set(list)
}

// scalar reads one value.
func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path string, from origin) {
	switch {
	case n.Kind != yaml.ScalarNode:
		d.problem(path, from, "must be a single value, not a list or a section")
	case isNull(n):
		d.problem(path, from, "has no value; write one, or remove the line")
	case !coreTags[n.ShortTag()]:
		d.problem(path, from, "has a YAML tag; write the value without it")
	default:
		if err := setText(v, n.Value); err != nil {
			d.problem(path, from, err.Error())
		}
	}
}

// coreTags are the tags that YAML gives to plain and quoted text. They are ignored: the type of the
// setting decides.
var coreTags = map[string]bool{
	"!!str": true, "!!int": true, "!!float": true, "!!bool": true, "!!timestamp": true,
}

// isNull reports whether the value is missing.
func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

var (
	// syntaxError matches the syntax errors of the yaml package.
	syntaxError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)`)
	// unknownAnchor matches the error that quotes text of the file and has no line.
	unknownAnchor = regexp.MustCompile(`^yaml: unknown anchor '(.*)' referenced`)
)

// syntax adds the problem that text, the value of key or the whole file, is not valid YAML.
func (d *decoder) syntax(text []byte, key, env string, err error) {
	if anchor := unknownAnchor.FindStringSubmatch(err.Error()); anchor != nil {
		// What follows the asterisk may be a password, so it is not shown.
		before, _, _ := bytes.Cut(text, []byte("*"+anchor[1]))
		line := 1 + bytes.Count(before, []byte("\n"))
		d.problem(key, at(line, env), "not valid YAML: a value that begins with an asterisk must be quoted")
		return
	}
	line, reason := 0, "unreadable"
	if parts := syntaxError.FindStringSubmatch(err.Error()); parts != nil {
		line, _ = strconv.Atoi(parts[1]) // 0 for an error without a line.
		reason = parts[2]
	}
	d.problem(key, at(line, env), "not valid YAML: "+reason+"; "+syntaxRemedy(text, line, reason, env != ""))
}

// syntaxRemedy returns the remedy for text that is not YAML. The line is that of the yaml package,
// which may be one before.
func syntaxRemedy(text []byte, line int, reason string, variable bool) string {
	lines := bytes.Split(text, []byte("\n"))
	for i := max(line-1, 0); i < min(line+1, len(lines)); i++ {
		indent := lines[i][:len(lines[i])-len(bytes.TrimLeft(lines[i], " \t"))]
		if bytes.ContainsRune(indent, '\t') {
			return "indent with spaces in place of the tab"
		}
	}
	switch {
	case variable:
		return "check its brackets, quotes and commas"
	case strings.Contains(reason, "cannot start any token"):
		return "put the value in quotes"
	case strings.Contains(reason, "did not find expected"), strings.Contains(reason, "mapping values"):
		return "check brackets and quotes, and the indentation of this line and the next: keys of one section begin in the same column"
	}
	return "correct it"
}
