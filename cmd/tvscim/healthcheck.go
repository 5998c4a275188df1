package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"tvscim/cmd/config"
)

// healthCommand reads the health of a running gateway. The image has no shell and no curl: its
// HEALTHCHECK and the test of the Helm chart use this command.
type healthCommand struct {
	Admin     string        `help:"Address of the admin listener (default: TVSCIM_ADMIN_LISTEN, else 127.0.0.1:9090)." placeholder:"HOST:PORT"`
	Strict    bool          `help:"Fail also while a component fails, such as TeamViewer. Not for probes that restart or withdraw the gateway."`
	TenantURL string        `name:"tenant-url" help:"Send what Entra's Test Connection sends to this Tenant URL instead, with the token of TVSCIM_HEALTH_TOKEN." placeholder:"URL"`
	Timeout   time.Duration `help:"How long the answer may take." default:"10s"`
}

// healthTokenVariable is the variable of the Secret Token for --tenant-url. There is no flag for
// it, because other users of the machine can see arguments.
const healthTokenVariable = "TVSCIM_HEALTH_TOKEN"

// maxHealthBody is the number of bytes of a response that are read.
const maxHealthBody = 64 << 10

// Run prints the response, and fails unless it is the expected one.
func (h healthCommand) Run(ctx context.Context, w world) error {
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	if h.TenantURL != "" {
		return h.tenant(ctx, w)
	}
	path := "/readyz"
	if h.Strict {
		path = "/health"
	}
	status, body, err := askHealth(ctx, "http://"+reachable(cmp.Or(h.Admin, variable(w.environ, "TVSCIM_ADMIN_LISTEN"), "127.0.0.1:9090"))+path, "")
	if err != nil {
		return err
	}
	fmt.Fprint(w.out, body)
	if status != http.StatusOK {
		return fmt.Errorf("%s answers %d: the gateway is not well", path, status)
	}
	return nil
}

// tenant searches for a user that does not exist, as Entra's Test Connection does.
func (h healthCommand) tenant(ctx context.Context, w world) error {
	token := strings.TrimSpace(variable(w.environ, healthTokenVariable)) // a file of a Secret may end with a newline
	if token == "" {
		return errors.New(healthTokenVariable + " is empty: put the Secret Token into it")
	}
	if reason := config.TokenProblem(token); reason != "" {
		return fmt.Errorf("%s: %s", healthTokenVariable, reason)
	}
	base, err := url.Parse(h.TenantURL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return fmt.Errorf("--tenant-url: %q is no URL such as https://tv.example.com/scim/v2", h.TenantURL)
	}
	path := strings.TrimRight(base.Path, "/")
	for _, resource := range []string{"/Users", "/Groups"} {
		if before, ok := strings.CutSuffix(path, resource); ok {
			base.Path = before
			return fmt.Errorf("--tenant-url: the Tenant URL ends before %s: write %s", resource, base)
		}
	}
	base.Path = path + "/Users"
	base.RawQuery = url.Values{"filter": {fmt.Sprintf("userName eq %q", rand.Text())}}.Encode()
	status, body, err := askHealth(ctx, base.String(), token)
	if err != nil {
		return err
	}
	var list struct {
		Schemas      []string
		TotalResults *int
		Detail       string
	}
	switch err := json.Unmarshal([]byte(body), &list); {
	case status == http.StatusOK && err == nil && list.TotalResults != nil && *list.TotalResults == 0:
		fmt.Fprintln(w.out, "ok: the Tenant URL answers SCIM and accepts the token")
		return nil
	case status == http.StatusBadRequest && base.Scheme == "http" && strings.Contains(body, "HTTPS server"):
		return fmt.Errorf("the Tenant URL %s begins with http, but the server expects TLS: write https", h.TenantURL)
	case err == nil && list.Detail != "":
		return fmt.Errorf("the Tenant URL answers %d: %s", status, list.Detail)
	}
	return fmt.Errorf("the Tenant URL answers %d, and not with a SCIM list: is base_path part of it, and is it the gateway?", status)
}

// askHealth sends one GET. It follows no redirect, so the token is sent to the given address only.
func askHealth(ctx context.Context, url, token string) (status int, body string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		return 0, "", fmt.Errorf("no answer: %s", unanswered(err))
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxHealthBody))
	return answer.StatusCode, string(text), err
}

// unanswered returns why a request has no answer, and the remedy.
func unanswered(err error) string {
	var remedy string
	var refused x509.UnknownAuthorityError
	var otherHost x509.HostnameError
	var ended x509.CertificateInvalidError
	name, noName := errors.AsType[*net.DNSError](err)
	switch {
	case noName:
		return fmt.Sprintf("the name %s is not found: correct it, or its entry in DNS", name.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		remedy = "nothing listens at that address: start the gateway, or correct host and port"
	case errors.As(err, &refused):
		remedy = "the certificate is not of an authority that this machine trusts: serve one of a public authority, with its intermediates"
	case errors.As(err, &otherHost):
		remedy = "the certificate is of another host: correct the name, or serve the certificate of this one"
	case errors.As(err, &ended):
		remedy = "the certificate has expired or cannot be used: renew it, and check the clock of this machine"
	case errors.Is(err, context.DeadlineExceeded):
		remedy = "the time limit was reached: check host, port and firewalls, or set a longer --timeout"
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"): // no type of its own
		remedy = "the server speaks HTTP without TLS at that port: correct the port, or set up TLS"
	default:
		return err.Error()
	}
	return fmt.Sprintf("%s (%v)", remedy, err)
}

// reachable returns the address to call for an address to listen on: loopback if that means all
// addresses.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port)
}

// variable returns the value of a variable, "" if it is not set.
func variable(environ []string, name string) string {
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}
