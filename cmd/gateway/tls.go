package gateway

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/proxy/admin"
	"tvscim/proxy/certificate"
)

// openTLS returns the certificates of the SCIM listener, nil for plain HTTP. The error is
// [Problems]. In a rehearsal it creates no files.
func openTLS(c config.TLS, log *zap.Logger, rehearsal bool) (*certificate.Source, error) {
	if !c.Enabled() {
		return nil, nil
	}
	options := certificate.Options{
		CertFile: c.CertFile, KeyFile: c.KeyFile, ClientCAFile: c.ClientCAFile, Logger: log.Named("tls"), Rehearsal: rehearsal,
	}
	if c.ACME.Enabled() {
		options.ACME = &certificate.ACME{
			Domains: c.ACME.Domains, Email: c.ACME.Email, Cache: c.ACME.Cache, DirectoryURL: c.ACME.DirectoryURL,
		}
	}
	source, err := certificate.New(options)
	if found, ok := errors.AsType[certificate.Problems](err); ok {
		var problems Problems
		for _, p := range found {
			problems = append(problems, Problem{Key: "tls." + p.Setting, Err: fmt.Errorf("tls.%w", p), Setting: true})
		}
		return nil, problems
	}
	return source, err
}

// keepCertificates renews the certificates until the returned function is called.
func (g *Gateway) keepCertificates(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var keeping sync.WaitGroup
	keeping.Go(func() { g.certificates.Run(ctx) })
	return func() {
		cancel()
		keeping.Wait()
	}
}

// tlsStatus returns the status of the certificates in /readyz.
func tlsStatus(s *certificate.Source) admin.Status {
	status := s.Status()
	return admin.Status{OK: status.OK, Since: status.Since, Detail: status.Detail}
}
