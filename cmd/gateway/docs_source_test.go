package gateway_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strings"
)

// declaredIn returns what the files of Go declare, alone and behind the package or the type to
// which it belongs (method, field, method of an interface), and the names of the tests.
func declaredIn(root fs.FS) (declared, tests map[string]bool, err error) {
	d := declarations{names: map[string]bool{}, tests: map[string]bool{}}
	err = fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() && name != "." && (strings.HasPrefix(base, ".") || base == "testdata") {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(base, ".go") {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		d.file(file)
		return nil
	})
	return d.names, d.tests, err
}

// declarations are what was found so far.
type declarations struct{ names, tests map[string]bool }

func (d declarations) file(file *ast.File) {
	of := strings.TrimSuffix(file.Name.Name, "_test")
	d.names[of] = true
	for _, declaration := range file.Decls {
		switch declaration := declaration.(type) {
		case *ast.FuncDecl:
			d.function(of, declaration)
		case *ast.GenDecl:
			for _, spec := range declaration.Specs {
				d.spec(of, spec)
			}
		}
	}
}

// add takes in a name that belongs to a package or a type.
func (d declarations) add(of string, names ...*ast.Ident) {
	for _, name := range names {
		d.names[name.Name], d.names[of+"."+name.Name] = true, true
	}
}

func (d declarations) function(of string, f *ast.FuncDecl) {
	switch {
	case f.Recv != nil:
		d.add(typeName(f.Recv.List[0].Type), f.Name)
	case strings.HasPrefix(f.Name.Name, "Test"):
		d.tests[f.Name.Name] = true
	}
	if f.Recv == nil {
		d.add(of, f.Name)
	}
}

func (d declarations) spec(of string, spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		d.add(of, spec.Names...)
	case *ast.TypeSpec:
		d.add(of, spec.Name)
		var fields *ast.FieldList
		switch of := spec.Type.(type) {
		case *ast.StructType:
			fields = of.Fields
		case *ast.InterfaceType:
			fields = of.Methods
		}
		if fields != nil {
			for _, field := range fields.List {
				d.add(spec.Name.Name, field.Names...)
			}
		}
	}
}

// typeName returns the name of a receiver's type, without its pointer and its parameters.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.IndexListExpr:
		return typeName(e.X)
	}
	return ""
}
