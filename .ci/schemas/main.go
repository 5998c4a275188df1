// Command schemas writes JSON schemas for kubeconform: of each kind in the OpenAPI description of
// Kubernetes, and of custom resource definitions. They are strict: a key that a kind does not have
// is refused.
//
//	go run ./.ci/schemas OUT SWAGGER.json [CRD.yaml…]
package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

func main() {
	if len(os.Args) < 3 {
		fail(fmt.Errorf("usage: schemas OUT SWAGGER.json [CRD.yaml…]"))
	}
	out := os.Args[1]
	fail(os.MkdirAll(out, 0o755))
	count, err := fromSwagger(out, os.Args[2])
	fail(err)
	for _, crd := range os.Args[3:] {
		more, err := fromDefinition(out, crd)
		fail(err)
		count += more
	}
	fmt.Println(count, "schemas")
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "schemas:", err)
		os.Exit(1)
	}
}

type object = map[string]any

const definitions = "#/definitions/"

// loose are the definitions that say less than Kubernetes takes.
var loose = map[string]object{
	"io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"oneOf": []any{object{"type": "string"}, object{"type": "integer"}}},
	"io.k8s.apimachinery.pkg.api.resource.Quantity":   {"oneOf": []any{object{"type": "string"}, object{"type": "number"}}},
}

// fromSwagger writes a schema for each kind that can stand in a manifest.
func fromSwagger(out, file string) (count int, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	var swagger struct{ Definitions map[string]object }
	if err := json.Unmarshal(text, &swagger); err != nil {
		return 0, fmt.Errorf("%s: %w", file, err)
	}
	for name, definition := range swagger.Definitions {
		if as, ok := loose[name]; ok {
			swagger.Definitions[name] = as
			continue
		}
		tighten(definition)
	}
	for _, definition := range swagger.Definitions {
		kinds, _ := definition["x-kubernetes-group-version-kind"].([]any)
		properties, _ := definition["properties"].(object)
		if properties["apiVersion"] == nil {
			continue
		}
		for _, each := range kinds {
			k := each.(object)
			kind, group, version := k["kind"].(string), k["group"].(string), k["version"].(string)
			if strings.HasSuffix(kind, "Options") || kind == "WatchEvent" {
				continue
			}
			used := object{}
			collect(definition, swagger.Definitions, used)
			schema := maps.Clone(definition)
			schema["definitions"] = used
			if err := write(out, schema, kind, group, version); err != nil {
				return count, err
			}
			count++
		}
	}
	return count, nil
}

// tighten forbids unknown keys, and allows null where a key may be missing, as Kubernetes does.
func tighten(definition object) {
	properties, ok := definition["properties"].(object)
	if !ok {
		return
	}
	if definition["additionalProperties"] == nil && definition["x-kubernetes-preserve-unknown-fields"] == nil {
		definition["additionalProperties"] = false
	}
	required, _ := definition["required"].([]any)
	for key, value := range properties {
		property, ok := value.(object)
		if !ok || slices.Contains(required, any(key)) {
			continue
		}
		if ref := property["$ref"]; ref != nil {
			properties[key] = object{"anyOf": []any{object{"$ref": ref}, object{"type": "null"}}}
		} else if kind, ok := property["type"].(string); ok {
			property["type"] = []any{kind, "null"}
		}
	}
}

// collect puts every definition that a value refers to into used.
func collect(value any, all map[string]object, used object) {
	switch v := value.(type) {
	case object:
		if ref, ok := v["$ref"].(string); ok {
			name := strings.TrimPrefix(ref, definitions)
			if used[name] == nil {
				used[name] = all[name]
				collect(all[name], all, used)
			}
		}
		for _, each := range v {
			collect(each, all, used)
		}
	case []any:
		for _, each := range v {
			collect(each, all, used)
		}
	}
}

// fromDefinition writes the schemas of the versions of a custom resource.
func fromDefinition(out, file string) (count int, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	var crd struct {
		Spec struct {
			Group    string
			Names    struct{ Kind string }
			Versions []struct {
				Name   string
				Schema struct {
					OpenAPIV3Schema object `yaml:"openAPIV3Schema"`
				}
			}
		}
	}
	if err := yaml.Unmarshal(text, &crd); err != nil {
		return 0, fmt.Errorf("%s: %w", file, err)
	}
	for _, v := range crd.Spec.Versions {
		schema := v.Schema.OpenAPIV3Schema
		walk(schema, tighten)
		// Metadata is any object in a definition of this kind.
		schema["properties"].(object)["metadata"] = object{"type": "object"}
		if err := write(out, schema, crd.Spec.Names.Kind, crd.Spec.Group, v.Name); err != nil {
			return count, err
		}
		count++
	}
	return count, nil
}

// walk calls f for each object inside a value.
func walk(value any, f func(object)) {
	switch v := value.(type) {
	case object:
		f(v)
		for _, each := range v {
			walk(each, f)
		}
	case []any:
		for _, each := range v {
			walk(each, f)
		}
	}
}

// write writes a schema under the name by which kubeconform looks for it: KIND-GROUP-VERSION.json,
// the group to its first dot.
func write(out string, schema object, kind, group, version string) error {
	full, suffix := version, "-"+version
	if group != "" {
		full = group + "/" + version
		first, _, _ := strings.Cut(group, ".")
		suffix = "-" + first + suffix
	}
	properties := maps.Clone(schema["properties"].(object))
	properties["apiVersion"] = object{"type": "string", "const": full}
	properties["kind"] = object{"type": "string", "const": kind}
	schema["properties"] = properties
	required, _ := schema["required"].([]any)
	schema["required"] = append(slices.Clone(required), "apiVersion", "kind")
	text, err := json.Marshal(schema)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, strings.ToLower(kind)+suffix+".json"), text, 0o644)
}
