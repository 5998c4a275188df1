package tvapi

import (
	"fmt"

	"github.com/go-resty/resty/v2"
	"go.uber.org/zap"
)

// restLogger logs resty's own messages at debug level.
type restLogger struct {
	log   *zap.Logger
	token func() string
}

var _ resty.Logger = restLogger{}

// Errorf implements resty.Logger.
func (l restLogger) Errorf(format string, v ...any) { l.logf(format, v...) }

// Warnf implements resty.Logger.
func (l restLogger) Warnf(format string, v ...any) { l.logf(format, v...) }

// Debugf implements resty.Logger.
func (l restLogger) Debugf(format string, v ...any) { l.logf(format, v...) }

// logf logs one message with the token redacted: some texts of resty contain it.
func (l restLogger) logf(format string, v ...any) {
	l.log.Debug(redact(fmt.Sprintf(format, v...), l.token()))
}
