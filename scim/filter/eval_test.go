package filter_test

import (
	"testing"

	"pgregory.net/rapid"

	"tvscim/scim/filter"
)

func TestEvalLogic(t *testing.T) {
	t.Parallel()

	src := attributes{
		"t": attribute(filter.TypeString, "x"),
		"f": attribute(filter.TypeString),
	}

	truths{
		`t pr and t pr`: true,
		`t pr and f pr`: false,
		`f pr and t pr`: false,
		`f pr and f pr`: false,
		`t pr or t pr`:  true,
		`t pr or f pr`:  true,
		`f pr or t pr`:  true,
		`f pr or f pr`:  false,
		`not (t pr)`:    false,
		`not (f pr)`:    true,

		`t pr or t pr and f pr`:          true,
		`(t pr or t pr) and f pr`:        false,
		`not (f pr) and t pr`:            true,
		`not (f pr and t pr)`:            true,
		`not (t pr) or t pr`:             true,
		`f pr or f pr or f pr or t pr`:   true,
		`t pr and t pr and f pr`:         false,
		`not (not (t pr)) and not(f pr)`: true,
	}.check(t, src)
}

// No filter at all selects everything.
func TestEvalNil(t *testing.T) {
	t.Parallel()

	if !filter.Eval(nil, attributes{}) {
		t.Error("Eval(nil) = false, want true")
	}
}

// Nodes are values. A pointer to one, which the compiler cannot refuse, selects nothing.
func TestEvalForeignNode(t *testing.T) {
	t.Parallel()

	node := filter.Present{Path: filter.AttrPath{Name: "userName"}}
	if !filter.Eval(node, nora()) || filter.Eval(&node, nora()) {
		t.Error("Eval of a node and of a pointer to it: want true and false")
	}
}

func TestEvalPresence(t *testing.T) {
	t.Parallel()

	truths{
		`userName pr`:                    true,
		`USERNAME PR`:                    true,
		`title pr`:                       false,
		`nickName pr`:                    false, // ""
		`displayName pr`:                 false, // null
		`active pr`:                      true,
		`locked pr`:                      true, // false is a value
		`verified pr`:                    false,
		`logins pr`:                      true,
		`meta.created pr`:                true,
		`emails pr`:                      true,
		`emails.value pr`:                true,
		`phoneNumbers pr`:                false,
		`manager pr`:                     true,
		`nobody.knows pr`:                false,
		`urn:example:2.0:Extra:grade pr`: true,
		`urn:example:2.0:Other:grade pr`: false,

		`title eq null`:        true,
		`title ne null`:        false,
		`nickName eq null`:     true,
		`userName eq null`:     false,
		`userName ne null`:     true,
		`phoneNumbers eq null`: true,
		`manager eq null`:      false,
		`manager ne null`:      true,
		`userName co null`:     false,
		`title co null`:        false,
		`title le null`:        false,
		`logins ge null`:       false,
	}.check(t, nora())
}

// An attribute that the source does not know matches no comparison.
func TestEvalUnknown(t *testing.T) {
	t.Parallel()

	want := truths{
		`costCentre pr`:                           false,
		`costCentre eq null`:                      false,
		`costCentre ne null`:                      false,
		`costCentre[value eq "x"]`:                false,
		`costCentre[not (value eq "x")]`:          false,
		`emails[costCentre eq "x"]`:               false,
		`emails[type eq "work"].costCentre ne 1`:  false,
		`not (costCentre eq "x") and userName pr`: true,
		`costCentre eq "x" or userName pr`:        true,
	}
	for _, op := range operators {
		want[`costCentre `+string(op)+` "x"`] = false
	}

	want.check(t, nora())
}

// A source may hold values of an attribute that it calls unknown; they do not count.
func TestEvalUnknownWithValues(t *testing.T) {
	t.Parallel()

	src := attributes{"a": attribute(filter.TypeUnknown, "x", attributes{"value": exact("x")})}

	truths{`a eq "x"`: false, `a pr`: false, `a[value eq "x"]`: false, `a ne "y"`: false}.check(t, src)
}

// "ne" means that there is no value, or one that differs; of several values, one that differs is
// enough.
func TestEvalNotEqual(t *testing.T) {
	t.Parallel()

	truths{
		`userName ne "nora.vale@contoso.example"`:                false,
		`userName ne "vale"`:                                     true,
		`title ne "Engineer"`:                                    true,
		`nickName ne "Nono"`:                                     true,
		`displayName ne "Nora"`:                                  true,
		`active ne true`:                                         false,
		`active ne false`:                                        true,
		`active ne "perhaps"`:                                    true,
		`verified ne true`:                                       true,
		`logins ne 10.0`:                                         false,
		`logins ne 11`:                                           true,
		`broken ne 7`:                                            true,
		`meta.created ne "2026-03-01T13:00:00+01:00"`:            false,
		`manager ne "u2"`:                                        false,
		`manager ne "u3"`:                                        true,
		`phoneNumbers ne "110"`:                                  true,
		`emails.value ne "nora@contoso.example"`:                 true,
		`emails ne "nora@contoso.example"`:                       true,
		`emails.value ne "x" and emails.value ne "y"`:            true,
		`not (emails.value eq "nora@contoso.example")`:           false,
		`emails[type eq "work"].value ne "nora@contoso.example"`: false,
		`emails[type eq "work"].display ne "Nora"`:               true,
	}.check(t, nora())
}

// A complex attribute is compared by its sub-attribute "value"; one without it matches nothing.
func TestEvalComplex(t *testing.T) {
	t.Parallel()

	truths{
		`manager eq "u2"`:                  true,
		`manager eq u2`:                    true,
		`manager eq "U2"`:                  false, // the value is caseExact
		`manager sw "u"`:                   true,
		`emails eq "NORA@contoso.example"`: true,
		`emails co "fabrikam"`:             true,
		`emails ew "contoso.example"`:      true,
		`emails sw "contoso"`:              false,
		`emails gt "v"`:                    true,
		`emails gt "w"`:                    false,
		`name eq "Straße"`:                 false,
		`name ne "Straße"`:                 false,
		`name.familyName eq "STRAßE"`:      true,
		`phoneNumbers eq "110"`:            false,
		`emails.type eq "home"`:            true,
		`emails.type eq "home" and emails.value co "contoso"`: true, // of different elements
	}.check(t, nora())
}

// The recursion into "value" ends after one step, even if a source claims that a value has a value.
func TestEvalComplexInComplex(t *testing.T) {
	t.Parallel()

	loop := attributes{}
	loop["value"] = attribute(filter.TypeComplex, loop)
	src := attributes{"a": attribute(filter.TypeComplex, loop)}

	truths{`a eq "x"`: false, `a ne "x"`: false, `a pr`: true}.check(t, src)
}

func TestEvalValuePath(t *testing.T) {
	t.Parallel()

	truths{
		`emails[type eq "work"]`:                                   true,
		`emails[Type Eq "WORK"]`:                                   true,
		`emails[type eq "other"]`:                                  false,
		`emails[type eq "work" and value co "contoso"]`:            true,
		`emails[type eq "home" and value co "contoso"]`:            false, // not of one element
		`emails[type eq "home" or value co "contoso"]`:             true,
		`emails[not (type eq "work")]`:                             true, // the other one
		`not (emails[type eq "work"])`:                             false,
		`emails[not (type eq "work" or type eq "home")]`:           false,
		`emails[primary eq true]`:                                  true,
		`emails[primary eq "True"]`:                                true,
		`emails[primary eq true].value eq "nora@contoso.example"`:  true,
		`emails[primary eq false].value eq "nora@contoso.example"`: false,
		`emails[type eq "work"].value pr`:                          true,
		`emails[type eq "work"].display pr`:                        false,
		`emails[type eq "other"].value pr`:                         false,
		`emails[type eq "work"].value eq "vale@fabrikam.example"`:  false,
		`emails[type pr].value eq "vale@fabrikam.example"`:         true,
		`phoneNumbers[type eq "work"]`:                             false,
		`phoneNumbers[not (type eq "work")]`:                       false, // there is no element
		`manager[value eq "u2"]`:                                   true,
		`emails[userName pr]`:                                      false, // the element has none
		`schemas[value eq "urn:example:2.0:Extra"]`:                true,
		`schemas[VALUE sw "urn:example"].value ew "User"`:          true,
		`schemas[value eq "URN:example:2.0:Extra"]`:                false,
		`schemas[type eq "x"]`:                                     false,
		`schemas[value.sub eq "urn:example:2.0:Extra"]`:            false,
		`schemas[urn:x:value eq "urn:example:2.0:Extra"]`:          false,
		`nickName[value eq ""]`:                                    false, // empty is no value
		`displayName[value pr]`:                                    false,
		`userName[value co "nora"]`:                                true,
	}.check(t, nora())
}

// A filter that is split into its conjuncts decides the same.
func TestEvalConjuncts(t *testing.T) {
	t.Parallel()

	atom := rapid.SampledFrom([]string{
		`userName pr`, `title pr`, `active eq true`, `logins gt 10`, `emails[type eq "work"]`, `not (title pr)`,
		`title pr or active eq true`, `x ne 1`,
	})

	rapid.Check(t, func(t *rapid.T) {
		e := mustParse(t, "("+atom.Draw(t, "first")+")")
		for _, s := range rapid.SliceOfN(atom, 0, 6).Draw(t, "more") {
			if rapid.Bool().Draw(t, "on the left") {
				e = filter.And{Left: mustParse(t, s), Right: e}
			} else {
				e = filter.And{Left: e, Right: mustParse(t, s)}
			}
		}

		all := true
		for _, part := range filter.Conjuncts(e) {
			if _, ok := part.(filter.And); ok {
				t.Fatalf("%s has the conjunct %s, which can be split", e, part)
			}
			all = all && filter.Eval(part, nora())
		}

		if got := filter.Eval(e, nora()); got != all {
			t.Fatalf("Eval(%s) = %t, its conjuncts together %t", e, got, all)
		}
	})
}

// Any filter over any source is decided without a panic, and its negation the other way.
func TestEvalAnything(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		e := anyExpr(4, anyValue()).Draw(t, "filter")
		src := everything{
			attr: filter.Attribute{
				Type:      filter.Type(rapid.IntRange(int(filter.TypeUnknown), int(filter.TypeComplex)).Draw(t, "type")),
				CaseExact: rapid.Bool().Draw(t, "caseExact"),
				Values: rapid.SliceOfN(rapid.SampledFrom([]any{
					nil, "", "x", "true", "1e5", "2026-01-01T00:00:00Z", true, 7, 0.5, struct{}{}, nora(),
				}), 0, 4).Draw(t, "values"),
			},
		}

		if filter.Eval(e, src) == filter.Eval(filter.Not{X: e}, src) {
			t.Fatalf("%s and its negation decide the same", e)
		}
	})
}

// everything has the same attribute under every path.
type everything struct{ attr filter.Attribute }

func (e everything) Lookup(filter.AttrPath) filter.Attribute { return e.attr }

// fataler is a test or a property test.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func mustParse(t fataler, in string) filter.Expr {
	t.Helper()

	e, err := filter.Parse(in)
	if err != nil {
		t.Fatalf("%s: %v", in, err)
	}

	return e
}
