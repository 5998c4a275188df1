package gateway_test

import (
	"fmt"
	"go/ast"
	"strings"
)

// node takes in what a node of the syntax says to clients.
func (c *collector) node(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		c.function = n.Name.Name
		c.returns(n)
	case *ast.CallExpr:
		c.parents[n.Fun] = true
		c.call(n)
	case *ast.SelectorExpr:
		c.value(n)
		c.parents[n.Sel] = true // the name behind the dot is no function of its own
	case *ast.KeyValueExpr:
		c.parents[n.Key] = true // nor is a field
	case *ast.Field:
		for _, name := range n.Names {
			c.parents[name] = true
		}
	case *ast.Ident:
		c.value(n)
	case *ast.CompositeLit:
		c.literal(n)
	case *ast.ValueSpec:
		c.tables(n)
	case *ast.AssignStmt:
		c.assignment(n)
	}
	return true
}

// value refuses a constructor that is not called: its texts could not be followed.
func (c *collector) value(e ast.Expr) {
	if _, is := c.maker(e); is && !c.parents[e] {
		c.problem("a constructor of errors is used as a value in %s", c.function)
	}
}

// call takes in the text of an error that is made, or of what is added to one.
func (c *collector) call(call *ast.CallExpr) {
	name := calledName(call)
	if m, is := c.maker(call.Fun); is {
		text, known := c.text(call.Args[m.format])
		if !known {
			c.problem("the text of %s in %s is not a constant", name, c.function)
		}
		if m.section == "" {
			m.section = c.status(call)
		}
		c.add(m.section, filled(text))
	}
	if name == "errorf" && c.room == "scim/filter" {
		text, known := c.text(call.Args[1])
		if !known {
			c.problem("the text of errorf in %s is not a constant", c.function)
		}
		c.add(sectionFilter, filled(text))
	}
	if i, says := sayers[name]; says && c.room == "mapping" {
		c.said(name, call.Args[i])
	}
}

// said collects the texts that a sayer is given.
func (c *collector) said(sayer string, words ast.Expr) {
	section := sectionBegin
	if sayer == "withSentence" {
		section = sectionAdded
	}
	text, known := c.text(words)
	if known {
		c.add(section, filled(text))
		return
	}
	switch e := words.(type) {
	case *ast.Ident: // a parameter, whose values are followed where they are given
		if e.Name != "what" {
			c.problem("the words of %s in %s cannot be followed", sayer, c.function)
		}
	case *ast.CallExpr:
		if name := calledName(e); !speakers[name] && name != "unchanged" {
			c.problem("the words of %s in %s come from %s, which is not followed", sayer, c.function, name)
		}
	default:
		c.problem("the words of %s in %s cannot be followed", sayer, c.function)
	}
}

// returns takes in the texts that a function returns for others to say.
func (c *collector) returns(f *ast.FuncDecl) {
	section := ""
	switch {
	case c.room == "mapping" && speakers[f.Name.Name]:
		section = sectionBegin
	case f.Name.Name == "CheckAddress":
		section = sectionAddress
	default:
		return
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok {
			if text, known := c.text(r.Results[0]); known {
				c.add(section, filled(text))
			}
		}
		return true
	})
}

// literal refuses an error with a text that no constructor made.
func (c *collector) literal(l *ast.CompositeLit) {
	name := fmt.Sprint(l.Type)
	if s, ok := l.Type.(*ast.SelectorExpr); ok {
		name = fmt.Sprint(s.X, ".", s.Sel)
	}
	if name == "scim.Error" || name == "Error" && c.room == "scim" {
		c.problem("%s makes an error without a constructor", c.function)
	}
}

// tables records what is said of the network: what happened, and what to do.
func (c *collector) tables(v *ast.ValueSpec) {
	table := c.network[v.Names[0].Name]
	if table == nil || len(v.Values) == 0 {
		return
	}
	for _, e := range v.Values[0].(*ast.CompositeLit).Elts {
		pair := e.(*ast.KeyValueExpr)
		key := pair.Key
		if s, ok := key.(*ast.SelectorExpr); ok {
			key = s.Sel
		}
		text, _ := c.text(pair.Value)
		table[fmt.Sprint(key)] = filled(text)
	}
}

// networkTexts adds what the tables say together.
func (c *collector) networkTexts() {
	for reason, text := range c.network["networkTexts"] {
		c.add(sectionNetwork, text+". "+c.network["remedies"][reason])
	}
}

// assignment takes in what is added to the text of an error that is there.
func (c *collector) assignment(a *ast.AssignStmt) {
	to, ok := a.Lhs[0].(*ast.SelectorExpr)
	if !ok || to.Sel.Name != "Detail" || !strings.HasPrefix(c.room, "scim") && c.room != "proxy" && c.room != "mapping" {
		return
	}
	if text, known := c.text(a.Rhs[0]); known {
		c.add(sectionAdded, filled(text))
	}
}
