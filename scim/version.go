package scim

import (
	"crypto/sha256"
	"encoding/base64"
)

// Version is the version of a resource (RFC 7644 section 3.14): a weak entity tag, as meta.version
// and the header ETag show it. "" means that it is not known.
type Version string

// versionBytes is the length of the hash in a version: long enough that two contents never share
// one.
const versionBytes = 15

// VersionOf returns the version of a resource. It is a hash of all that clients can read except the
// metadata and the URIs, so that it is the same after a restart and in every process. A group whose
// members are not known has no version.
func VersionOf[R Resource](t *ResourceType, r R) Version { return versionOf(t, r.Attributes()) }

// versionOf is VersionOf for a tree without metadata.
func versionOf(t *ResourceType, a Attributes) Version {
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
