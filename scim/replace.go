package scim

import "reflect"

// CheckReplace checks what a PUT makes of a resource against what it was (RFC 7644 section 3.5.1):
// the value of an immutable attribute that is set must stay the same, else it is a mutability
// [*Error]. An absent one is no change, since clients leave out what they cannot set. Elements of a
// list, such as members, are exchanged and not edited, so that their immutable parts are never in
// the way.
func CheckReplace[R Resource](t *ResourceType, before, after R) error {
	old, replaced := before.Attributes(), after.Attributes()
	for s := range t.schemas() {
		urn := t.keyOf(s)
		for i := range s.Attributes {
			a := &s.Attributes[i]
			if err := checkReplaced(a.Name, a, old.Get(urn, a.Name), replaced.Get(urn, a.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkReplaced checks one attribute, and the parts of a complex one.
func checkReplaced(name string, a *Attribute, old, replaced any) error {
	if isEmpty(old) || isEmpty(replaced) {
		return nil
	}
	if a.Mutability == Immutable && !reflect.DeepEqual(old, replaced) {
		return NotMutable("%s cannot be changed once it is set", name)
	}
	was, _ := old.(map[string]any)
	is, _ := replaced.(map[string]any)
	for i := range a.Sub {
		sub := &a.Sub[i]
		if err := checkReplaced(name+"."+sub.Name, sub, was[sub.Name], is[sub.Name]); err != nil {
			return err
		}
	}
	return nil
}
