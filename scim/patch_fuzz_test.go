package scim_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim"
)

// addPatchSeeds seeds a fuzz target with every body of testdata/patch.
func addPatchSeeds(f *testing.F, add func(c patchCase)) {
	f.Helper()
	for _, file := range []string{"dialects.txt", "tolerated.txt", "refused.txt"} {
		for _, c := range readPatchCases(f, filepath.Join("testdata", "patch", file)) {
			add(c)
		}
	}
}

// FuzzDecodePatch: whatever the body, there is a patch or an error for the client; and a patch is
// canonical: written by the RFC it decodes to itself.
func FuzzDecodePatch(f *testing.F) {
	addPatchSeeds(f, func(c patchCase) { f.Add(c.endpoint == "Groups", c.body) })
	f.Fuzz(func(t *testing.T, group bool, body string) {
		typ := patchUserType()
		if group {
			typ = patchGroupType()
		}
		p, err := scim.DecodePatch(typ, "77", []byte(body))
		if err != nil {
			if e, ok := errors.AsType[*scim.Error](err); !ok || e.Status != 400 || e.Type == "" || e.Detail == "" {
				t.Fatalf("DecodePatch: %#v is not for the client", err)
			}
			return
		}
		if p.Empty() {
			return
		}
		again, err := scim.DecodePatch(typ, "77", encodePatch(t, p))
		if err != nil {
			t.Fatalf("%sdecoded again: %v", describePatch(p), err)
		}
		if diff := cmp.Diff(p.Ops, again.Ops); diff != "" {
			t.Fatalf("the canonical form changed (-first +second):\n%s", diff)
		}
	})
}

// FuzzApply: a decoded patch never finds anything but a fault of the client in a decoded resource,
// and leaves a resource in canonical form.
func FuzzApply(f *testing.F) {
	const (
		user  = `{"userName":"n","emails":[{"value":"w@x.example","type":"work","primary":true}],"name":{"givenName":"N"}}`
		group = `{"displayName":"g","members":[{"value":"u100"},{"value":"u2","display":"Two"}]}`
	)
	addPatchSeeds(f, func(c patchCase) {
		if c.endpoint == "Groups" {
			f.Add(true, group, c.body)
		} else {
			f.Add(false, user, c.body)
		}
	})
	f.Fuzz(func(t *testing.T, isGroup bool, resource, body string) {
		if isGroup {
			fuzzApply[scim.Group](t, patchGroupType(), resource, body)
		} else {
			fuzzApply[scim.User](t, patchUserType(), resource, body)
		}
	})
}

func fuzzApply[R scim.Resource](t *testing.T, typ *scim.ResourceType, resource, body string) {
	before, err := scim.Decode[R](typ, []byte(resource))
	if err != nil {
		return
	}
	p, err := scim.DecodePatch(typ, "77", []byte(body))
	if err != nil {
		return
	}
	if _, known := before.Attributes()["members"]; typ.Name == "Group" && !known && p.Touches("members") {
		return // to read the members is the caller's duty
	}
	after, err := scim.Apply(typ, before, p)
	if err != nil {
		if _, ok := errors.AsType[*scim.Error](err); !ok {
			t.Fatalf("%sApply: %v is not for the client", describePatch(p), err)
		}
		return
	}
	if diff := cmp.Diff(after, scim.Of[R](after.Attributes())); diff != "" {
		t.Fatalf("%sthe result is not canonical (-result +again):\n%s", describePatch(p), diff)
	}
}
