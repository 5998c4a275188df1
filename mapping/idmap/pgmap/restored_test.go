package pgmap_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/idmaptest"
	"tvscim/mapping/idmap/pgmap"
	"tvscim/mapping/idmap/pgmap/pgtest"
)

// TestRestored: replicas that run while the database is restored from a backup read everything anew,
// and tell each other of changes as before. The backup has sessions of its time only.
func TestRestored(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	database := pgtest.DatabaseOf(url)
	a, b := open(t, url), open(t, url)
	must(t, a.Put("u1", idmaptest.Full(1)))
	must(t, a.PutNote("n", []byte("before")))
	server.Exec(t, database, "CREATE TABLE backup AS SELECT * FROM tvscim.entries",
		"CREATE TABLE backup_meta AS SELECT * FROM tvscim.meta")
	b.Sync(t.Context())
	r, _ := b.Get("u1")
	next := idmaptest.Full(2)
	next.Version = r.Version
	must(t, b.Put("u1", next))
	must(t, b.Put("u2", idmaptest.Full(3)))
	must(t, b.PutNote("n", []byte("after")))
	must(t, b.PutNote("late", []byte("after")))
	a.Sync(t.Context())
	var missed, notes atomic.Int64
	a.Subscribe(idmap.Subscriber{Missed: func() { missed.Add(1) }, NoteChanged: func(string) { notes.Add(1) }})
	server.Exec(t, database, "BEGIN; DELETE FROM tvscim.entries; INSERT INTO tvscim.entries SELECT * FROM backup; DELETE FROM tvscim.sessions; "+
		"UPDATE tvscim.meta SET version = (SELECT version FROM backup_meta); COMMIT")
	for name, m := range map[string]*pgmap.Map{"one": a, "the other": b} {
		eventually(t, name+" knows what the backup has", func() bool {
			r, _ := m.Get("u1")
			_, known := m.Get("u2")
			return idmaptest.Diff(idmaptest.Full(1), r) == "" && !known && string(m.Note("n")) == "before" && m.Note("late") == nil && m.Len() == 1
		})
	}
	if missed.Load() == 0 || notes.Load() != 2 {
		t.Errorf("%d times was a loss told, %d notes changed", missed.Load(), notes.Load())
	}
	eventually(t, "both have sessions again", func() bool {
		return server.Text(t, database, "SELECT count(*) FROM tvscim.sessions WHERE ended IS NULL") == "2" && a.Replicas() == 2
	})
	for i, m := range []*pgmap.Map{a, b, a, b} {
		id := fmt.Sprintf("new%d", i)
		must(t, m.Put(id, idmaptest.Full(i)))
		for _, other := range []*pgmap.Map{a, b} {
			other.Sync(t.Context())
			if _, ok := other.Get(id); !ok {
				t.Errorf("%s is not known to both", id)
			}
		}
	}
}

// TestNewerLayoutMeanwhile: a process does not write to tables that a newer version has migrated
// since it began, and finds out without a write too.
func TestNewerLayoutMeanwhile(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(m *pgmap.Map) error{
		"Put":        func(m *pgmap.Map) error { return m.Put("u1", idmaptest.Full(1)) },
		"UpdateNote": func(m *pgmap.Map) error { return m.UpdateNote("n", func([]byte) []byte { return []byte("x") }) },
		"no write": func(m *pgmap.Map) error {
			eventually(t, "the layout is noticed", func() bool { return m.Err() != nil })
			return m.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := pgtest.Shared(t)
			url := server.URL(t)
			database := pgtest.DatabaseOf(url)
			m := open(t, url)
			layout := server.Text(t, database, "SELECT layout FROM tvscim.meta")
			server.Exec(t, database, "UPDATE tvscim.meta SET layout = 99")
			if err := write(m); !errors.Is(err, pgmap.ErrNewer) {
				t.Errorf("the error is %v, want ErrNewer", err)
			}
			if since, err := m.Trouble(); !errors.Is(err, pgmap.ErrNewer) || since.IsZero() {
				t.Errorf("Trouble = %v, %v", since, err)
			}
			server.Exec(t, database, "UPDATE tvscim.meta SET layout = "+layout)
			eventually(t, "the database can be used again", func() bool { return m.Err() == nil })
			must(t, m.Put("u2", idmaptest.Full(2)))
		})
	}
}

// TestCommandIsNoReplica: a command reads and writes, and does not count, whether it ends in order
// or not.
func TestCommandIsNoReplica(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	m := open(t, url)
	command, err := pgmap.Open(t.Context(), url, pgmap.Options{Existing: true, Command: true})
	must(t, err)
	must(t, command.Put("u1", idmaptest.Full(1)))
	eventually(t, "the gateway knows what the command wrote", func() bool { return m.Len() == 1 })
	if rows := server.Text(t, pgtest.DatabaseOf(url), "SELECT count(*) FROM tvscim.sessions"); rows != "1" {
		t.Errorf("%s sessions", rows)
	}
	must(t, command.Close())
}

// TestReplicasThatEnded: a replica that died counts for a minute, since all find themselves alone
// for a moment when all sessions end at once.
func TestReplicasThatEnded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ended string
		want  int
	}{
		"a moment ago": {"now()", 2},
		"long ago":     {"now() - interval '1 minute'", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := pgtest.Shared(t)
			url := server.URL(t)
			m := open(t, url)
			counted := func() bool { return m.Replicas() == 3 }
			server.Exec(t, pgtest.DatabaseOf(url), "INSERT INTO tvscim.sessions VALUES (1, 'dead', now()), (2, 'dead too', now())")
			eventually(t, "the dead are counted", counted)
			server.Exec(t, pgtest.DatabaseOf(url), "DELETE FROM tvscim.sessions WHERE id = 2", "UPDATE tvscim.sessions SET ended = "+c.ended+" WHERE id = 1")
			eventually(t, "they are counted again", func() bool { return m.Replicas() == c.want })
		})
	}
}

// TestSettingsOfSessions: sessions that began while the database was set to be read-only do not
// keep the gateway from writing once it is not.
func TestSettingsOfSessions(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	database := pgtest.DatabaseOf(url)
	m := open(t, url)
	server.Exec(t, "postgres", "ALTER DATABASE "+database+" SET default_transaction_read_only = on",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+database+"'")
	n := 0
	eventually(t, "a write fails", func() bool {
		n++
		err := m.Put(fmt.Sprint("u", n), idmaptest.Full(n))
		return err != nil && !errors.Is(err, pgmap.ErrUnreachable)
	})
	server.Exec(t, "postgres", "ALTER DATABASE "+database+" SET default_transaction_read_only = off")
	eventually(t, "that it can be written is found out", func() bool { return m.Err() == nil })
	must(t, m.Put("u0", idmaptest.Full(0)))
	lease, err := m.Lock(t.Context(), "x")
	must(t, err)
	lease.Release()
	must(t, m.Err())
}

// TestJoinedReplicaCounts: the others count a replica that joins before they hear anything from it.
func TestJoinedReplicaCounts(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).URL(t)
	maps := []*pgmap.Map{open(t, url)}
	for n := 2; n <= 5; n++ {
		heard := make(chan int, 9)
		maps[0].Subscribe(idmap.Subscriber{Announced: func([]byte, bool) { heard <- maps[0].Replicas() }})
		maps = append(maps, open(t, url))
		must(t, maps[n-1].Announce([]byte("joined")))
		if counted := <-heard; counted != n {
			t.Errorf("%d replicas are counted, want %d", counted, n)
		}
	}
}

// TestTimeoutOfTheRole: an idle_session_timeout of the user does not end the sessions of the gateway.
func TestTimeoutOfTheRole(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	server.Exec(t, "postgres", "ALTER DATABASE "+pgtest.DatabaseOf(url)+" SET idle_session_timeout = '1s'")
	var lost atomic.Int64
	m, err := pgmap.Open(t.Context(), url, pgmap.Options{Lost: func(error) { lost.Add(1) }})
	must(t, err)
	for n := range 2 {
		time.Sleep(1200 * time.Millisecond) // idle for longer than that
		must(t, m.Put(fmt.Sprint("u", n), idmaptest.Full(n)))
	}
	must(t, m.Close())
	if lost.Load() > 0 {
		t.Error("sessions were lost")
	}
}
