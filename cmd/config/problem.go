package config

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Problem is one thing wrong with the settings.
type Problem struct {
	// Key is the path of the setting, such as "auth.tokens[0].name"; empty when the file as a whole
	// is wrong.
	Key string
	// Line is where the setting stands in the file, counted from 1; 0 when it does not come from
	// there.
	Line int
	// Env is the environment variable that the setting comes from, if any.
	Env string
	// Message says what is wrong and what to do. It never shows a secret.
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

// Problems is everything wrong with the settings: first what stands in the file, in its order, then
// what is in the environment or missing, by key.
type Problems []Problem

// Error returns one problem a line.
func (p Problems) Error() string { return strings.Join(p.lines(), "\n") }

// lines returns each problem on a line of its own, nil when there is none.
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

// add notes a problem with key.
func (p *Problems) add(key, format string, args ...any) {
	*p = append(*p, Problem{Key: key, Message: fmt.Sprintf(format, args...)})
}

// sort brings the problems into the order that [Problems] promises.
func (p Problems) sort() {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.rank(), b.rank()),
			strings.Compare(a.Key, b.Key),
		)
	})
}

// rank is the problem's place in the file; what is not in the file comes last.
func (p Problem) rank() int {
	if p.Line == 0 {
		return math.MaxInt
	}
	return p.Line
}
