package config_test

import (
	"testing"

	"tvscim/cmd/config"
)

func TestProblemString(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]config.Problem{
		"log.level: line 3: odd":             {Key: "log.level", Line: 3, Message: "odd"},
		"log.level: TVSCIM_LOG_LEVEL: odd":   {Key: "log.level", Env: "TVSCIM_LOG_LEVEL", Message: "odd"},
		"log.level: odd":                     {Key: "log.level", Message: "odd"},
		"line 3: odd":                        {Line: 3, Message: "odd"},
		"TVSCIM_COLOUR: odd":                 {Key: "TVSCIM_COLOUR", Env: "TVSCIM_COLOUR", Message: "odd"},
		"odd":                                {Message: "odd"},
		"auth.tokens[1].name: line 9: twice": {Key: "auth.tokens[1].name", Line: 9, Message: "twice"},
	} {
		if got := p.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestProblemsError(t *testing.T) {
	t.Parallel()
	problems := config.Problems{{Key: "a", Line: 1, Message: "odd"}, {Key: "b", Message: "missing"}}
	if got, want := problems.Error(), "a: line 1: odd\nb: missing"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
