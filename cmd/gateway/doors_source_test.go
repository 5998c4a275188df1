package gateway_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// source is a parsed file of Go.
type source struct {
	file    *ast.File
	imports []string
}

// sourcesOf parses every file of Go that is no test, by its path from the root of the module.
func sourcesOf(root fs.FS) (map[string]source, error) {
	all := map[string]source{}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() && name != "." && (strings.HasPrefix(base, ".") || base == "testdata") {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		all[name], err = parse(name, text)
		return err
	})
	if err == nil && len(all) == 0 {
		err = errors.New("no file found")
	}
	return all, err
}

func parse(name string, text []byte) (source, error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		return source{}, err
	}
	s := source{file: file}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return source{}, err
		}
		s.imports = append(s.imports, imported)
	}
	return s, nil
}

// impurities says which of impureNames a file uses. A variable that has the name of the package is
// mistaken for it: that refuses too much, never too little.
func (s source) impurities() []string {
	var found []string
	packages := map[string]string{} // by the name in this file
	for i, spec := range s.file.Imports {
		imported := s.imports[i]
		if impureNames[imported] == nil {
			continue
		}
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "." {
			found = append(found, "imports "+imported+" without its name")
		}
		packages[name] = imported
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if of, ok := selector.X.(*ast.Ident); ok && slices.Contains(impureNames[packages[of.Name]], selector.Sel.Name) {
			found = append(found, "uses "+packages[of.Name]+"."+selector.Sel.Name)
		}
		return true
	})
	return found
}
