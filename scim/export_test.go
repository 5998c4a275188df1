package scim

import (
	"bytes"
	"encoding/json"

	"tvscim/scim/filter"
)

// BodyJSON writes a body as JSON again, for tests to look at.
func BodyJSON(b Body) []byte {
	var out bytes.Buffer
	writeOrdered(&out, b.object)
	return out.Bytes()
}

// writeOrdered writes an ordered value.
func writeOrdered(out *bytes.Buffer, v any) {
	separated := func(i int, text string) {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(text)
	}
	switch v := v.(type) {
	case object:
		out.WriteByte('{')
		for i, f := range v {
			name, _ := json.Marshal(f.name)
			separated(i, string(name)+":")
			writeOrdered(out, f.value)
		}
		out.WriteByte('}')
	case []any:
		out.WriteByte('[')
		for i, e := range v {
			separated(i, "")
			writeOrdered(out, e)
		}
		out.WriteByte(']')
	default:
		text, _ := json.Marshal(v)
		out.Write(text)
	}
}

// Paths returns how many paths a projection holds.
func Paths(p Projection) int { return len(p.include) + len(p.exclude) }

// Match reports whether a resource matches a filter; a nil filter matches all.
func Match[R Resource](t *ResourceType, r R, e filter.Expr) bool {
	return e == nil || filter.Eval(e, Source(t, r.Attributes(), r.Common()))
}

// Source returns a resource as the source of a filter.
func Source(t *ResourceType, a Attributes, h Head) filter.Source {
	return &source{typ: t, tree: a, head: h, work: new(int)}
}
