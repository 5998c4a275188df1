package pgmap

import (
	"slices"
	"strings"
	"sync"

	"tvscim/mapping/idmap"
)

// Entries of the table are records and notes, by a prefix of their names.
const (
	recordPrefix = "r/"
	notePrefix   = "n/"
)

// entry is a row of the table entries.
type entry struct {
	name    string
	value   *string // nil: it was deleted
	version int64
	writer  string
	others  int64 // the version of the latest change before those of writer; 0: there is none
}

// byOthers returns the version of the latest change by another process than writer, 0 if there is
// none.
func (e entry) byOthers(writer string) int64 {
	if e.writer == writer {
		return e.others
	}
	return e.version
}

// mirror is what this process knows of the table.
type mirror struct {
	records idmap.Map // of records and notes, in memory

	mu       sync.Mutex // guards what follows, and the order of changes of records
	versions map[string]int64
	number   int64         // of the latest change up to which all changes are known
	heard    int64         // of the latest change up to which all messages of others were handed on
	own      []int64       // numbers of changes of this process after one of the two, ascending
	advanced chan struct{} // closed and replaced when heard increases
}

func newMirror(records idmap.Map) *mirror {
	return &mirror{
		records: records, versions: make(map[string]int64),
		advanced: make(chan struct{}),
	}
}

// apply takes over a row unless a newer one is known, and reports whether it did.
func (m *mirror) apply(e entry) (applied bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.applyLocked(e)
}

// applyLocked is apply with the lock held.
func (m *mirror) applyLocked(e entry) (applied bool, err error) {
	if m.versions[e.name] >= e.version {
		return false, nil
	}
	switch id, isRecord := strings.CutPrefix(e.name, recordPrefix); {
	case isRecord && e.value == nil:
		err = m.records.Delete(id)
	case isRecord:
		var r idmap.Record
		if r, err = decode(*e.value); err == nil {
			r.Version = e.version
			err = m.records.Put(id, r)
		}
	default:
		var note []byte
		if e.value != nil {
			note = []byte(*e.value)
		}
		err = m.records.PutNote(strings.TrimPrefix(e.name, notePrefix), note)
	}
	m.versions[e.name] = e.version
	return true, err
}

// replace takes over all rows of the table, up to the change of a number, in place of what is known.
// It returns the errors by the names of the entries.
func (m *mirror) replace(number int64, all []entry) map[string]error {
	m.mu.Lock()
	defer m.mu.Unlock()
	missing := m.versions
	m.versions = make(map[string]int64, len(all))
	errs := make(map[string]error)
	for _, e := range all {
		delete(missing, e.name)
		if _, err := m.applyLocked(e); err != nil {
			errs[e.name] = err
		}
	}
	for name := range missing {
		if _, err := m.applyLocked(entry{name: name, version: max(number, 1)}); err != nil {
			errs[name] = err
		}
	}
	m.number, m.heard, m.own = number, number, nil
	close(m.advanced)
	m.advanced = make(chan struct{})
	return errs
}

// wrote records that this process made a change: once all earlier changes are known, and all earlier
// messages were handed on, this one need not be waited for.
func (m *mirror) wrote(number int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.own = append(m.own, number)
	slices.Sort(m.own) // two changes may be recorded in another order than that of their numbers
	m.number = m.past(m.number)
	m.hear(m.heard)
}

// past returns the number up to which all changes after a number are of this process. The lock is
// held.
func (m *mirror) past(number int64) int64 {
	for _, own := range m.own {
		if own == number+1 {
			number = own
		}
	}
	return number
}

// knows records that all changes up to a number were applied.
func (m *mirror) knows(number int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.number = m.past(max(m.number, number))
}

// heardOf records that all messages up to a number were handed on.
func (m *mirror) heardOf(number int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hear(number)
}

// hear is heardOf with the lock held.
func (m *mirror) hear(number int64) {
	if number = m.past(max(number, m.heard)); number > m.heard {
		m.heard = number
		close(m.advanced)
		m.advanced = make(chan struct{})
	}
	done := min(m.heard, m.number)
	m.own = slices.DeleteFunc(m.own, func(own int64) bool { return own <= done })
}

// known returns the number up to which all changes are known.
func (m *mirror) known() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.number
}

// heardUpTo returns the number up to which all messages were handed on.
func (m *mirror) heardUpTo() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.heard
}

// behind reports whether messages up to a number are still to come, and returns a channel that is
// closed when some have come.
func (m *mirror) behind(number int64) (<-chan struct{}, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.advanced, m.heard < number || m.number < number
}

// version returns the version of an entry, 0 if there was none.
func (m *mirror) version(name string) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.versions[name]
}
