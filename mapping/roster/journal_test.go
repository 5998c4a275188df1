package roster

import (
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// clock is the moment from which the times of these tests count, in seconds.
var clock = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func second(n int) time.Time { return clock.Add(time.Duration(n) * time.Second) }

// journalAt returns a journal with a lag of 10 s that holds one write at each of these seconds, of
// the id of that number.
func journalAt(seconds ...int) *journal[int, thing] {
	j := &journal[int, thing]{lag: 10 * time.Second}
	for _, s := range seconds {
		j.add(entry[int, thing]{at: second(s), id: s, change: created(thing{ID: s})})
	}
	return j
}

func (j *journal[ID, V]) ids(of []entry[ID, V]) []ID {
	var ids []ID
	for _, e := range of {
		ids = append(ids, e.id)
	}
	return ids
}

func TestEvidenceIsNewerUntilTheLagIsOver(t *testing.T) {
	t.Parallel()
	j := journalAt(0, 5, 5, 20, 30)
	for _, tt := range []struct {
		began time.Time
		want  []int
	}{
		{second(-5), []int{0, 5, 5, 20, 30}},
		{second(10), []int{0, 5, 5, 20, 30}},
		{second(10).Add(1), []int{5, 5, 20, 30}},
		{second(15).Add(1), []int{20, 30}},
		{second(40), []int{30}},
		{second(41), nil},
	} {
		if got := j.ids(j.newer(tt.began)); !slices.Equal(got, tt.want) {
			t.Errorf("began at %v: newer %v, want %v", tt.began.Sub(clock), got, tt.want)
		}
	}
}

func TestTrimDropsWhatNoListCanLack(t *testing.T) {
	t.Parallel()
	j := journalAt(0, 1, 2, 30)
	j.trim(second(12)) // could drop two of four, which is not worth the move
	if got := j.ids(j.entries); !slices.Equal(got, []int{0, 1, 2, 30}) {
		t.Errorf("kept %v, want all", got)
	}
	j.trim(second(13))
	if got := j.ids(j.entries); !slices.Equal(got, []int{30}) {
		t.Errorf("kept %v, want 30", got)
	}
	j.trim(second(100))
	if len(j.entries) != 0 {
		t.Errorf("kept %v, want none", j.ids(j.entries))
	}
	j.trim(second(100))
}

// Trimming changes no answer about what began at that moment or later.
func TestTrimForgetsNothingThatIsStillAsked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.SliceOfN(rapid.IntRange(0, 50), 0, 30).Draw(t, "writes")
		slices.Sort(seconds)
		trimmed, whole := journalAt(seconds...), journalAt(seconds...)
		from := rapid.IntRange(0, 70).Draw(t, "from")
		trimmed.trim(second(from))
		began := second(from + rapid.IntRange(0, 30).Draw(t, "later"))
		got, want := trimmed.ids(trimmed.newer(began)), whole.ids(whole.newer(began))
		if !slices.Equal(got, want) {
			t.Fatalf("newer %v, want %v", got, want)
		}
	})
}

// drawJournal draws writes at one moment, so that all of them are missing or none.
func drawJournal(t *rapid.T) *journal[int, thing] {
	j := &journal[int, thing]{lag: 10 * time.Second}
	name := rapid.SampledFrom([]string{"a", "A", "b"})
	for range rapid.IntRange(0, 12).Draw(t, "writes") {
		e := drawChange(t, name)
		e.at = clock
		j.add(e)
	}
	return j
}

func drawSnapshot(t *rapid.T, began time.Time) *snapshot[int, thing] {
	return snapshotOf(began, rapid.SliceOfN(rapid.Custom(func(t *rapid.T) thing {
		return thing{rapid.IntRange(1, 5).Draw(t, "id"), rapid.SampledFrom([]string{"a", "c"}).Draw(t, "name"), "listed"}
	}), 0, 5).Draw(t, "list")...)
}

// What evidence comes first does not matter, only of when it is.
func TestEvidenceIsOrderedByItsTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		inOrder, name := &journal[int, thing]{lag: 10 * time.Second}, rapid.SampledFrom([]string{"a", "A", "b"})
		for i := range rapid.IntRange(0, 12).Draw(t, "entries") {
			e := drawChange(t, name)
			e.at = second(i)
			inOrder.add(e)
		}
		shuffled := &journal[int, thing]{lag: inOrder.lag}
		for _, e := range rapid.Permutation(inOrder.entries).Draw(t, "arrival") {
			shuffled.add(e)
		}
		s := drawSnapshot(t, second(rapid.IntRange(0, 25).Draw(t, "list")))
		if diff := gocmp.Diff(inOrder.onto(s).list(), shuffled.onto(s).list()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestOlderEvidenceLeavesANewerListAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		j := drawJournal(t)
		s := drawSnapshot(t, clock.Add(10*time.Second+1))
		if diff := gocmp.Diff(s.list(), j.onto(s).list()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// What an answer about one object comes to, with the later evidence on it, is what a snapshot shows
// that has both.
func TestAnAnswerIsEvidenceOfWhenItWasAskedFor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		j, name := &journal[int, thing]{lag: 10 * time.Second}, rapid.SampledFrom([]string{"a", "A", "b"})
		for range rapid.IntRange(0, 12).Draw(t, "entries") {
			e := drawChange(t, name)
			e.at = second(rapid.IntRange(0, 20).Draw(t, "at"))
			j.add(e)
		}
		id, began := rapid.IntRange(1, 5).Draw(t, "asked"), second(rapid.IntRange(0, 20).Draw(t, "began"))
		o, here := thing{id, "answered", ""}, rapid.Bool().Draw(t, "here")
		answer := entry[int, thing]{at: began, id: id, change: seen(o)}
		if !here {
			answer.change = removed[thing]
		}
		got, gotHere := j.ontoAnswer(answer)
		j.add(answer)
		want, wantHere := j.onto(drawSnapshot(t, second(-20))).get(id)
		if gotHere != wantHere || gotHere && gocmp.Diff(want, got) != "" {
			t.Fatalf("%+v, %v; want %+v, %v", got, gotHere, want, wantHere)
		}
	})
}

func TestGuessedIDsTakeABoundedMemory(t *testing.T) {
	t.Parallel()
	r := make(unknownIDs[int])
	r.add(-1, clock, time.Minute)
	for id := range maxUnknown {
		r.add(id, second(61), time.Minute)
		if len(r) > maxUnknown {
			t.Fatalf("%d ids kept", len(r))
		}
	}
	if r.has(-1, second(62)) || !r.has(0, second(62)) || len(r) != maxUnknown {
		t.Errorf("the one whose time was over went not first: %d kept", len(r))
	}
	r.add(maxUnknown, second(62), time.Minute)
	if !r.has(maxUnknown, second(62)) || len(r) != 1 {
		t.Errorf("%d ids kept, want the newest alone", len(r))
	}
	if r.has(maxUnknown, second(122)) {
		t.Error("a refusal outlives its age")
	}
}
