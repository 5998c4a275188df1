package page

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Difference is one attribute before and after a change.
type Difference struct {
	Name, Before, After string
	Changed             bool
}

// Diff returns the attributes of a change, those that changed first.
func (c Change) Diff() []Difference {
	names := map[string]bool{}
	for _, side := range []map[string]any{c.Before, c.After} {
		for name := range side {
			names[name] = name != "schemas" && name != "meta"
		}
	}
	var all []Difference
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if names[name] {
			d := Difference{Name: name, Before: ValueText(c.Before[name]), After: ValueText(c.After[name])}
			d.Changed = d.Before != d.After
			all = append(all, d)
		}
	}
	slices.SortStableFunc(all, func(a, b Difference) int {
		switch {
		case a.Changed == b.Changed:
			return 0
		case a.Changed:
			return -1
		}
		return 1
	})
	return all
}

// ValueText writes a value of an attribute, as [Change] holds it, in few words; "" for nil.
func ValueText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		texts := make([]string, len(v))
		for i := range v {
			texts[i] = ValueText(v[i])
		}
		return strings.Join(texts, ", ")
	case map[string]any:
		if value, ok := v["value"]; ok {
			return ValueText(value)
		}
		var texts []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			texts = append(texts, name+": "+ValueText(v[name]))
		}
		return strings.Join(texts, ", ")
	}
	return fmt.Sprint(v)
}

// Words says in few words what a change did.
func (c Change) Words() string {
	switch {
	case c.Cause != "request":
		return causes[c.Cause]
	case c.Method == "POST":
		return "created"
	case c.Method == "DELETE":
		return "deleted"
	case len(c.Added)+len(c.Removed) > 0:
		return fmt.Sprintf("members: %d added, %d removed", len(c.Added), len(c.Removed))
	}
	var names []string
	for _, d := range c.Diff() {
		if d.Changed {
			names = append(names, d.Name)
		}
	}
	if len(names) == 0 {
		return "change asked"
	}
	return "changed " + strings.Join(names, ", ")
}
