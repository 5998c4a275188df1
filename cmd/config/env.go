package config

import (
	"reflect"
	"regexp"
	"strings"
)

// environment applies the TVSCIM_ variables of environ to root. An empty variable sets an empty
// value.
func (d *decoder) environment(environ []string, root reflect.Value) {
	known := make(map[string]field)
	for _, f := range allFields() {
		known[f.env()] = f
	}
	for _, entry := range environ {
		name, text, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, envPrefix) {
			continue
		}
		f, ok := known[name]
		switch {
		case ok:
			d.variable(f, text, root.FieldByIndex(f.index))
		case !isServiceLink(name, text):
			d.problem(name, origin{env: name}, "unknown variable"+suggestVariable(name, known))
		}
	}
}

// variable reads the text of a variable into v.
func (d *decoder) variable(f field, text string, v reflect.Value) {
	from := origin{env: f.env()}
	if f.secret && text != "" && !v.IsZero() {
		d.problem(f.path, from, "is set here and in the file; remove one of them")
		return
	}
	d.origins[f.path] = from
	switch {
	case v.Kind() != reflect.Slice:
		if err := setText(v, text); err != nil {
			d.problem(f.path, from, err.Error())
		}
	case v.Type().Elem().Kind() == reflect.String:
		d.forget(f.path)
		v.Set(reflect.ValueOf(splitList(text)))
	default:
		d.forget(f.path)
		d.flow(f, text, v)
	}
}

// forget deletes the origins of the entries of a list that will be replaced.
func (d *decoder) forget(path string) {
	for key := range d.origins {
		if strings.HasPrefix(key, path+"[") {
			delete(d.origins, key)
		}
	}
}

// flow reads a variable whose text is a YAML or JSON list of mappings.
func (d *decoder) flow(f field, text string, v reflect.Value) {
	switch n, ok := d.parse([]byte(text), f.path, f.env()); {
	case n != nil:
		d.node(n, v, f.path, origin{env: f.env()})
	case ok:
		v.SetZero()
	}
}

// splitList splits text at commas. Empty text is the empty list.
func splitList(text string) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	entries := strings.Split(text, ",")
	for i, entry := range entries {
		entries[i] = strings.TrimSpace(entry)
	}
	return entries
}

var (
	serviceVariable = regexp.MustCompile(`^TVSCIM(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)
	servicePort     = regexp.MustCompile(`^TVSCIM(_[A-Z0-9_]+)?_PORT$`)
	serviceURL      = regexp.MustCompile(`^(tcp|udp|sctp)://`)
)

// isServiceLink reports whether the variable comes from Kubernetes. It sets variables with the
// address of each Service of the namespace in every pod; a Service called "tvscim" gives
// TVSCIM_SERVICE_HOST, TVSCIM_PORT_8080_TCP and more. TVSCIM_PORT is ignored only with such a
// value: an operator may expect that it sets the port.
func isServiceLink(name, text string) bool {
	return serviceVariable.MatchString(name) ||
		servicePort.MatchString(name) && serviceURL.MatchString(text)
}
