package config

import (
	"reflect"
	"time"
)

// bound is the range of a setting that is a number, a size or a duration.
type bound struct {
	key         string
	least, most int64  // in bytes or nanoseconds where the setting has a unit
	low, high   string // what a value below or above would mean
}

// bounds returns the range of every such setting. config.yaml and the chart state the same ranges.
func bounds() []bound {
	const second, hour = int64(time.Second), int64(time.Hour)
	return []bound{
		{"teamviewer.timeout", second, 300 * second,
			"calls that take TeamViewer longer would fail", "a request would wait longer than its client does"},
		{"teamviewer.max_wait", second / 10, 300 * second,
			"requests that come together would be refused", "a request would wait longer than its client does"},
		{"teamviewer.max_concurrent", 1, 64,
			"no call could be made", "TeamViewer may block the address of the gateway"},
		{"teamviewer.calls_per_day", 0, 1_000_000_000,
			"there would be nothing to warn of (0 means that it is not known)", "there would be nothing to warn of (0 means that it is not known)"},
		{"cache.ids", 100, 10_000_000,
			"what is remembered of the other users and groups would be lost", "the memory of the machine would not suffice"},
		{"cache.users_max_age", second, 24 * hour,
			"each search would load the list of all users", "changes made in TeamViewer's console would go unnoticed"},
		{"cache.groups_max_age", second, 24 * hour,
			"each search would load the list of all groups", "changes made in TeamViewer's console would go unnoticed"},
		{"store.forget_after", 24 * hour, 87_600 * hour,
			"short lists during a disruption of TeamViewer would end the memory of users who still exist",
			"the store would keep personal data of users who left ten years ago"},
		{"guard.max_share", 1, 100,
			"only the first five removals would be allowed, which guard.max_removals: 1 says", "nothing would be held back; set guard.enabled to false"},
		{"guard.max_removals", 0, 1_000_000,
			"a limit below zero has no meaning (0 means that only guard.max_share counts)", "nothing would be held back"},
		{"guard.window", second * 60, 720 * hour,
			"a cycle of the client would be spread over several windows", "removals would count that nobody remembers"},
		{"changelog.max_size", int64(MiB), int64(10 * GiB),
			"there would be a file for every few changes", "a file would take too long to read"},
		{"changelog.max_age", 0, 8_760 * hour,
			"a file cannot be rotated earlier than now (0 means by size alone)", "a file would hold more than a year"},
		{"changelog.keep", 0, 87_600 * hour,
			"a file cannot be deleted earlier than now (0 means never)", "personal data of users who left ten years ago would be kept"},
		{"limits.max_body", int64(16 * KiB), int64(64 * MiB),
			"a PATCH of a few hundred members would be refused", "each request may take several times as much memory"},
		{"limits.request_timeout", second, 600 * second,
			"most requests would be answered with an error", "identity providers would stop waiting before"},
		{"limits.page", 1, 10_000,
			"lists would be empty", "a list would take too much memory and time"},
		{"limits.max_page", 1, 10_000,
			"lists would be empty", "a list would take too much memory and time"},
		{"limits.connections", 8, 65_536,
			"a client and the probe of a proxy would block each other", "the machine would run out of ports"},
		{"limits.bulk_operations", 1, 10_000,
			"no bulk request could be made", "they could not be carried out in the time of one bulk request"},
	}
}

// checkBounds refuses numbers, sizes and durations out of their ranges.
func (c Config) checkBounds(found *Problems) {
	settings := reflect.ValueOf(c)
	fields := make(map[string]field)
	for _, f := range allFields() {
		fields[f.path] = f
	}
	for _, b := range bounds() {
		v := settings.FieldByIndex(fields[b.key].index)
		switch n := v.Int(); {
		case n < b.least:
			found.add(b.key, "must be %s; with less, %s", b.rangeOf(v.Type()), b.low)
		case n > b.most:
			found.add(b.key, "must be %s; with more, %s", b.rangeOf(v.Type()), b.high)
		}
	}
}

// rangeOf returns the range as it is written for a setting of type t, such as "from 1s to 5m".
func (b bound) rangeOf(t reflect.Type) string {
	write := func(n int64) string {
		v := reflect.New(t).Elem()
		v.SetInt(n)
		return formatValue(v)
	}
	return "from " + write(b.least) + " to " + write(b.most)
}
