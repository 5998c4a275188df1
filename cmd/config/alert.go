package config

import (
	"net/url"
	"strings"
)

// Alert are the settings of alerts.
type Alert struct {
	// Webhook is the URL that alerts are posted to; empty: none are. It is a secret, since it may
	// contain a token.
	Webhook Secret `yaml:"webhook"`
	// WebhookFile is the file that Webhook was read from; empty if it was given directly.
	WebhookFile string `yaml:"webhook_file"`
}

// check does not show the URL.
func (a Alert) check(found *Problems) {
	if a.Webhook.IsZero() {
		return
	}
	key := "alert.webhook"
	if a.WebhookFile != "" {
		key += fileSuffix
	}
	text := a.Webhook.Reveal()
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(text, " \t\r\n"):
		found.add(key, "must be a URL such as https://alerts.example.com/hook")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		found.add(key, "must begin with https, since the URL may contain a token; http is allowed for this machine only")
	case u.Fragment != "" || strings.HasSuffix(text, "#"):
		found.add(key, "must not contain a #, since what follows it is not sent; remove it")
	}
}
