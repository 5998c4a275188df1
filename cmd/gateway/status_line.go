package gateway

import (
	"cmp"
	"regexp"
	"unsafe"

	"tvscim/mapping/changelog"
	"tvscim/proxy/admin/page"
)

// objectID is the form of the ids of users and groups.
var objectID = regexp.MustCompile(`^u?[0-9]{1,20}$`)

// shownLine is a line of the change log as the status page shows it. The id of a request that was
// refused is what the client sent, such as an address, which must be in no URL: it is shown as the
// name.
func shownLine(value any) page.Change {
	l, _ := value.(changelog.Line) // the ring has no other values
	if !objectID.MatchString(l.ID) {
		l.ID, l.Name = "", cmp.Or(l.Name, l.ID)
	}
	c := page.Change{
		Time: l.Time, Cause: l.Cause, Request: l.Request, Operation: l.Operation, Caller: l.Caller, Method: l.Method,
		Kind: l.Kind, ID: l.ID, Name: l.Name, Outcome: string(l.Outcome), Status: l.Status, Reason: l.Reason,
		Steps: l.Steps, Before: l.Before, After: l.After, Deleted: l.Deleted, Added: l.Added, Removed: l.Removed, Open: l.Open, Memory: l.Memory,
	}
	for _, call := range l.Calls {
		c.Calls = append(c.Calls, page.Call(call))
	}
	return c
}

// What a map and an entry of it take in memory beside texts, in bytes, about.
const (
	mapSize   = 400
	entrySize = 48
)

// sizeOf returns what a line takes in memory, in bytes, about: rather more than less.
func sizeOf(l changelog.Line) int {
	n := int(unsafe.Sizeof(l)) + len(l.Request) + len(l.Activity) + len(l.Caller) + len(l.Address) + len(l.ID) + len(l.Name) + len(l.Reason)
	for _, list := range [][]string{l.Steps, l.Added, l.Removed, l.Open} {
		for _, text := range list {
			n += int(unsafe.Sizeof(text)) + len(text)
		}
	}
	n += len(l.Calls) * int(unsafe.Sizeof(changelog.Call{}))
	return n + sizeOfValue(l.Before) + sizeOfValue(l.After)
}

func sizeOfValue(v any) int {
	switch v := v.(type) {
	case map[string]any:
		n := 0
		if v != nil {
			n = mapSize
		}
		for key, value := range v {
			n += entrySize + len(key) + sizeOfValue(value)
		}
		return n
	case []any:
		n := entrySize
		for _, value := range v {
			n += entrySize + sizeOfValue(value)
		}
		return n
	case string:
		return len(v)
	}
	return entrySize
}
