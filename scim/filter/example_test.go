package filter_test

import (
	"fmt"

	"tvscim/scim/filter"
)

// A filter is read once and evaluated for each resource.
func Example() {
	e, err := filter.Parse(`active eq true and emails[type eq "work"].value ew "@contoso.example"`)
	if err != nil {
		fmt.Println(err)
		return
	}

	user := attributes{
		"active": attribute(filter.TypeBoolean, true),
		"emails": attribute(filter.TypeComplex, email("work", "nora@contoso.example", true)),
	}
	fmt.Println(filter.Eval(e, user))
	// Output: true
}

// An error names the place and what was expected.
func ExampleParse_refused() {
	_, err := filter.Parse(`(userName eq "nora" and active eq)`)
	fmt.Println(err)
	// Output: column 34: expected a value after "eq", found ")"
}

// What a PATCH path selects, and the attribute it belongs to.
func ExampleParsePath() {
	path, _ := filter.ParsePath(`urn:example:2.0:Extra:contacts[primary eq "True"].value`)
	fmt.Println(path.URN)
	fmt.Println(path.Name, "|", path.Filter, "|", path.Sub)
	fmt.Println(path.Attr())
	// Output:
	// urn:example:2.0:Extra
	// contacts | primary eq "True" | value
	// urn:example:2.0:Extra:contacts.value
}

// An index over one of the conjuncts narrows the search; the whole filter still decides.
func ExampleConjuncts() {
	e, _ := filter.Parse(`id eq "u1" and (title pr or manager eq "u2")`)
	for _, part := range filter.Conjuncts(e) {
		fmt.Println(part)
	}
	// Output:
	// id eq "u1"
	// title pr or manager eq "u2"
}
