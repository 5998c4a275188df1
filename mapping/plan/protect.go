package plan

import (
	"strings"

	"tvscim/tvapi"
)

// ProtectsEmail returns the glob of ProtectEmails that matches one of the addresses, and reports
// whether there is one. Letter case does not count.
func (p Policy) ProtectsEmail(addresses ...string) (glob string, yes bool) {
	for _, glob := range p.ProtectEmails {
		for _, address := range addresses {
			if address != "" && matchGlob(tvapi.FoldEmail(glob), tvapi.FoldEmail(address)) {
				return glob, true
			}
		}
	}
	return "", false
}

// ProtectsGroupName reports whether ProtectGroups has the name of a group. Letter case does not
// count.
func (p Policy) ProtectsGroupName(name string) bool {
	for _, protected := range p.ProtectGroups {
		if tvapi.FoldName(protected) == tvapi.FoldName(name) {
			return true
		}
	}
	return false
}

// Deletes reports whether the plan does what a client sees as the deletion of a user.
func (p Plan) Deletes() bool {
	for _, step := range p.Steps {
		switch s := step.(type) {
		case RemoveUser:
			return true
		case Remember:
			if !s.Record.Tombstone.IsZero() {
				return true
			}
		}
	}
	return false
}

// matchGlob reports whether a glob matches the whole text: * is any text, also none, and ? is any
// one byte. Every other character is itself.
func matchGlob(glob, text string) bool {
	parts := strings.Split(glob, "*")
	if len(parts) == 1 {
		return len(text) == len(glob) && matchAt(glob, text, 0)
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(text) < len(first)+len(last) || !matchAt(first, text, 0) || !matchAt(last, text, len(text)-len(last)) {
		return false
	}
	at, end := len(first), len(text)-len(last)
	for _, part := range parts[1 : len(parts)-1] {
		for at+len(part) <= end && !matchAt(part, text, at) {
			at++
		}
		if at += len(part); at > end {
			return false
		}
	}
	return true
}

// matchAt reports whether a part of a glob without * matches the text at an offset.
func matchAt(part, text string, at int) bool {
	for i := range len(part) {
		if part[i] != '?' && part[i] != text[at+i] {
			return false
		}
	}
	return true
}
