package tvapi

import (
	"fmt"

	"github.com/go-resty/resty/v2"
	"go.uber.org/zap"
)

// restLogger takes resty's own remarks, at debug.
type restLogger struct {
	log   *zap.Logger
	token func() string
}

var _ resty.Logger = restLogger{}

// Errorf implements resty.Logger.
func (l restLogger) Errorf(format string, v ...any) { l.say(format, v...) }

// Warnf implements resty.Logger.
func (l restLogger) Warnf(format string, v ...any) { l.say(format, v...) }

// Debugf implements resty.Logger.
func (l restLogger) Debugf(format string, v ...any) { l.say(format, v...) }

// say logs one remark without the token, which resty's texts have been seen to hold.
func (l restLogger) say(format string, v ...any) {
	l.log.Debug(redact(fmt.Sprintf(format, v...), l.token()))
}
