package config

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Guard are the settings of the guard, which holds back removals that are too many.
type Guard struct {
	Enabled bool `yaml:"enabled"`
	// MaxShare is the share of the company's users, and of its groups, that may be removed within
	// Window.
	MaxShare Percent `yaml:"max_share"`
	// MaxRemovals is the number of users, and of groups, that may be removed within Window; 0: only
	// MaxShare counts.
	MaxRemovals int `yaml:"max_removals"`
	// Window is the time in which removals are counted.
	Window time.Duration `yaml:"window"`
}

// Percent is a share in whole percent.
type Percent int

var errPercent = errors.New("not a share; write a whole number with %, such as 20%")

// String returns the share, such as "20%".
func (p Percent) String() string { return strconv.Itoa(int(p)) + "%" }

// MarshalText returns the share as String does.
func (p Percent) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText parses a share such as "20%". Its errors do not contain the text.
func (p *Percent) UnmarshalText(text []byte) error {
	digits, ok := strings.CutSuffix(string(text), "%")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return errPercent
	}
	*p = Percent(n)
	return nil
}
