package mapping

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writes are the methods that change TeamViewer or the memory, by the field through which they are
// called.
var writes = map[string][]string{
	"client": {"CreateUser", "UpdateUser", "RemoveUser", "DeleteUser", "CreateGroup", "RenameGroup", "DeleteGroup", "AddMembers", "RemoveMembers"},
	"links":  {"Put", "Delete", "PutNote"},
}

// writesIn returns where a file names one of the writes.
func writesIn(t *testing.T, name string, source any) (found []string) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		method, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		field, ok := method.X.(*ast.SelectorExpr)
		if ok && slices.Contains(writes[field.Sel.Name], method.Sel.Name) {
			found = append(found, files.Position(n.Pos()).String()+": "+field.Sel.Name+"."+method.Sel.Name)
		}
		return true
	})
	return found
}

// TestDoorOfWrites: TeamViewer and the memory are written in write.go alone, whose functions need
// an action and so yield an event. The values that these methods are called on are not handed to
// anything else that could call them.
func TestDoorOfWrites(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		found := writesIn(t, name, nil)
		switch {
		case strings.HasSuffix(name, "_test.go"):
		case name == "write.go" && len(found) < 10:
			t.Errorf("write.go has only %d writes: %v", len(found), found)
		case name != "write.go" && len(found) > 0:
			t.Errorf("writes beside write.go: %v", found)
		}
	}
}

// TestDoorOfWritesCanFail shows that the test above sees a write that yields no event.
func TestDoorOfWritesCanFail(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"a call":         "_ = c.client.UpdateUser(ctx, id, up)",
		"a method value": "call := c.client.DeleteUser",
		"the memory":     "c.links.Delete(id)",
		"by a runner":    "r.Company.links.Put(id, rec)",
	} {
		if found := writesIn(t, "x.go", "package mapping\nfunc f() {\n"+line+"\n}\n"); len(found) != 1 {
			t.Errorf("%s: found %v", name, found)
		}
	}
}
