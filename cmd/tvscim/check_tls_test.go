package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"tvscim/proxy/certificate/certificatetest"
)

// TestCheckOfACertificate: check names the certificate, and warns of one that has expired and of a
// key that all users can read; neither keeps the gateway from starting.
func TestCheckOfACertificate(t *testing.T) {
	t.Parallel()
	authority := certificatetest.New(t)
	cert, key := authority.IssueBetween(time.Now().AddDate(0, -4, 0), time.Now().AddDate(0, 0, -1), "tv.example.com").Write(t, t.TempDir())
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	environ := anyPort("TVSCIM_TLS_CERT_FILE="+cert, "TVSCIM_TLS_KEY_FILE="+key)
	code, out, errText := once(t, environ, "check")
	if code != exitOK {
		t.Errorf("exit code %d: %s", code, errText)
	}
	for _, want := range []string{
		"warning: tls.cert_file: the certificate of tv.example.com expired on ",
		"warning: tls.key_file: every user of this machine can read " + key,
		"tls       ok: the certificate is that of " + cert,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("check does not say %q:\n%s", want, out)
		}
	}
	serve := start(t, environ, "serve")
	serve.err.wait(t, "the certificate of tv.example.com expired on ")
	serve.err.wait(t, "every user of this machine can read")
}
