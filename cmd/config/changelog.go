package config

import "time"

// Changelog are the settings of the change log: one line for each change, and for each change that
// was refused.
type Changelog struct {
	// Path is the file of the change log; [ChangelogStdout] is the standard output; empty: there is
	// no change log.
	Path string `yaml:"path"`
	// MaxSize is the size after which the file is rotated, rounded down to MiB.
	MaxSize Size `yaml:"max_size"`
	// MaxAge is the age after which the file is rotated; 0: never.
	MaxAge time.Duration `yaml:"max_age"`
	// Keep is the age after which a rotated file is deleted, rounded up to days; 0: never.
	Keep time.Duration `yaml:"keep"`
}

// ChangelogStdout is the path that stands for the standard output.
const ChangelogStdout = "-"

func defaultChangelog() Changelog {
	return Changelog{MaxSize: 100 * MiB, MaxAge: 24 * time.Hour, Keep: 365 * 24 * time.Hour}
}

func (l Changelog) check(found *Problems) {
	if l.MaxAge != 0 && l.MaxAge < time.Minute {
		found.add("changelog.max_age", "must be 1m or more, such as 24h, or 0 to rotate by size alone")
	}
	if l.Keep != 0 && l.Keep < 24*time.Hour {
		found.add("changelog.keep", "must be 24h or more, such as 8760h, or 0 to keep rotated files")
	}
}
