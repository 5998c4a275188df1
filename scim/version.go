package scim

import (
	"crypto/sha256"
	"encoding/base64"
)

// Version is the version of a resource (RFC 7644 section 3.14): a weak entity tag, as meta.version
// and the header ETag show it. "" means that it is not known.
type Version string

// versionBytes is how much of the hash a version holds: enough that no two contents ever share one.
const versionBytes = 15

// VersionOf returns the version of a resource. It is made of the content alone, of all that clients
// may see but the metadata and the URIs, so that it outlives a restart, and every process that
// shows the same resource shows the same version. A change that changes nothing leaves it as it is.
// A group whose members are not known has none.
func VersionOf[R Resource](t *Type, r R) Version { return versionOf(t, r.Attributes()) }

// versionOf is VersionOf for a tree that the encoder has not yet completed.
func versionOf(t *Type, a Attributes) Version {
	if _, known := a[attrMembers]; t.Schema.ID == GroupURN && !known {
		return ""
	}
	e := encoder{typ: t, want: Projection{everything: true}, writer: writer{buf: make([]byte, 0, 1024)}}
	extensions := e.extensions(a)
	e.attributes("", nil, identity, a, false)
	e.attributes("", nil, t.Schema.Attributes, a, false)
	e.raw(extensions)
	if e.err != nil {
		return ""
	}
	sum := sha256.Sum256(e.buf)
	return Version(`W/"` + base64.RawURLEncoding.EncodeToString(sum[:versionBytes]) + `"`)
}
