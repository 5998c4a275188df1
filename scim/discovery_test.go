package scim_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim"
)

var updateDiscovery = flag.Bool("update-discovery", false, "write what the discovery functions return into testdata/discovery")

// golden compares JSON with a file of testdata/discovery.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, got, "", "  "); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	pretty.WriteByte('\n')
	path := filepath.Join("testdata", "discovery", file)
	if *updateDiscovery {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, pretty.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), pretty.String()); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

func TestSchemaResources(t *testing.T) {
	t.Parallel()
	docs, err := scim.SchemaResources(locate, userType(), groupType())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, d := range docs {
		ids = append(ids, d.ID)
	}
	want := []string{scim.UserURN, scim.EnterpriseURN, badgeURN, badgeOwnerURN, scim.GroupURN}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("schemas differ (-want +got):\n%s", diff)
	}
	golden(t, "schemas.json", scim.EncodeDocuments(docs))
}

func TestResourceTypes(t *testing.T) {
	t.Parallel()
	docs, err := scim.ResourceTypes(locate, userType(), groupType())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "resource_types.json", scim.EncodeDocuments(docs))
}

func TestServiceProviderConfig(t *testing.T) {
	t.Parallel()
	doc, err := scim.ServiceProviderConfig(locate, scim.Features{
		MaxResults: 1000, PageSize: 100, CursorTimeout: time.Hour, DocumentationURI: "https://tv.example/docs",
	})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "service_provider_config.json", doc.JSON)
	plain, err := scim.ServiceProviderConfig(nil, scim.Features{MaxResults: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, absent := range []string{"documentationUri", "location", "null", "PageSize\":0", "cursorTimeout"} {
		if strings.Contains(string(plain.JSON), absent) {
			t.Errorf("%q in %s", absent, plain.JSON)
		}
	}
}

// Only what is advertised is shown: attributes, sub-attributes, and schemas of which something is
// left.
func TestAdvertised(t *testing.T) {
	t.Parallel()
	shown := []string{"userName", "name", "name.givenName", "emails", "emails.value", "emails.type", "nickName",
		"phoneNumbers", scim.EnterpriseURN + "/department"}
	typ := userType()
	typ.Advertised = func(schema string, a scim.Attribute) bool {
		key := a.Name
		if schema != "" {
			key = schema + "/" + a.Name
		}
		return slices.Contains(shown, key)
	}
	docs, err := scim.SchemaResources(nil, typ)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string][]string)
	for _, d := range docs {
		got[d.ID] = flatten(t, d.JSON)
	}
	want := map[string][]string{
		scim.UserURN:       {"userName", "name.givenName", "nickName", "emails.value", "emails.type"},
		scim.EnterpriseURN: {"department"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attributes differ (-want +got):\n%s", diff)
	}
	types, err := scim.ResourceTypes(nil, typ)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(types[0].JSON); !strings.Contains(text, scim.EnterpriseURN) || strings.Contains(text, badgeURN) {
		t.Errorf("resource type = %s, want the enterprise extension alone", text)
	}
}

// flatten returns the attributes of a schema document as clients map them: name, or name.sub.
func flatten(t *testing.T, doc []byte) []string {
	t.Helper()
	type attribute struct {
		Name          string
		SubAttributes []attribute
	}
	var schema struct{ Attributes []attribute }
	if err := json.Unmarshal(doc, &schema); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range schema.Attributes {
		for _, sub := range a.SubAttributes {
			names = append(names, a.Name+"."+sub.Name)
		}
		if len(a.SubAttributes) == 0 {
			names = append(names, a.Name)
		}
	}
	return names
}

// A schema that two types share is shown once.
func TestSchemaResourcesOnce(t *testing.T) {
	t.Parallel()
	docs, err := scim.SchemaResources(nil, groupType(), groupType())
	if err != nil || len(docs) != 1 {
		t.Errorf("%d documents, %v, want one", len(docs), err)
	}
}

// There is no null anywhere, and the characteristics are spelled as RFC 7643 section 7 spells them.
func TestDiscoveryValues(t *testing.T) {
	t.Parallel()
	docs, err := scim.SchemaResources(locate, userType(), groupType())
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string][]string{
		"type":       {"string", "boolean", "decimal", "integer", "dateTime", "reference", "binary", "complex"},
		"mutability": {"readOnly", "readWrite", "immutable", "writeOnly"},
		"returned":   {"always", "never", "default", "request"},
		"uniqueness": {"none", "server", "global"},
	}
	var walk func(where string, v any)
	walk = func(where string, v any) {
		switch v := v.(type) {
		case nil:
			t.Errorf("%s is null", where)
		case map[string]any:
			for key, e := range v {
				if values, ok := allowed[key]; ok {
					if s, _ := e.(string); !slices.Contains(values, s) {
						t.Errorf("%s.%s = %v, want one of %v", where, key, e, values)
					}
				}
				walk(where+"."+key, e)
			}
		case []any:
			for _, e := range v {
				walk(where, e)
			}
		}
	}
	for _, d := range docs {
		var v any
		if err := json.Unmarshal(d.JSON, &v); err != nil {
			t.Fatal(err)
		}
		walk(d.ID, v)
	}
}
