package config

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Problem is one problem of the settings.
type Problem struct {
	// Key is the path of the setting, such as "auth.tokens[0].name"; empty when the file as a whole
	// is wrong.
	Key string
	// Line is the line of the setting in the file, from 1; 0 when it is not from the file.
	Line int
	// Env is the environment variable that the setting comes from, if any.
	Env string
	// Message is the reason and the remedy. It never contains a secret.
	Message string
}

// String returns the problem on one line, key first.
func (p Problem) String() string {
	parts := make([]string, 0, 3)
	if p.Key != "" {
		parts = append(parts, p.Key)
	}
	switch {
	case p.Env != "" && p.Env != p.Key:
		parts = append(parts, p.Env)
	case p.Line > 0:
		parts = append(parts, fmt.Sprintf("line %d", p.Line))
	}
	return strings.Join(append(parts, p.Message), ": ")
}

// Problems are all problems of the settings: first those of the file, by line, then those of the
// environment and of missing settings, by key.
type Problems []Problem

// Error returns one line per problem.
func (p Problems) Error() string { return strings.Join(p.lines(), "\n") }

// lines returns one line per problem, nil when there is none.
func (p Problems) lines() []string {
	var lines []string
	for _, problem := range p {
		lines = append(lines, problem.String())
	}
	return lines
}

// err returns p as an error, nil when there is no problem.
func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// add adds a problem of key.
func (p *Problems) add(key, format string, args ...any) {
	*p = append(*p, Problem{Key: key, Message: fmt.Sprintf(format, args...)})
}

// sort sorts the problems into the order of [Problems].
func (p Problems) sort() {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.rank(), b.rank()),
			strings.Compare(a.Key, b.Key),
		)
	})
}

// rank returns the line of the problem; problems without a line are last.
func (p Problem) rank() int {
	if p.Line == 0 {
		return math.MaxInt
	}
	return p.Line
}
