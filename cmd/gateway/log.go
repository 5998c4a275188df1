package gateway

import (
	"io"
	"os"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/term"

	"tvscim/cmd/config"
)

// NewLogger returns a logger with the given settings, its level, which may be changed at any time,
// and a function that writes the buffered lines and must be called last. Lines are buffered for up
// to a second, since half of the cost of a line is the write. Errors are written at once.
func NewLogger(c config.Log, out io.Writer) (log *zap.Logger, level zap.AtomicLevel, flush func()) {
	level = zap.NewAtomicLevelAt(levelOf(c.Level))
	encoding := zap.NewProductionEncoderConfig()
	encoding.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	encoding.TimeKey = "time"
	encoder := zapcore.NewJSONEncoder(encoding)
	if logFormat(c.Format, out) == config.LogConsole {
		encoding.EncodeTime = zapcore.TimeEncoderOfLayout(time.DateTime)
		encoder = zapcore.NewConsoleEncoder(encoding)
	}
	// The output is only written to: terminals and pipes do not support sync and would report an
	// error at each one.
	plain := zapcore.AddSync(struct{ io.Writer }{out})
	sink := &zapcore.BufferedWriteSyncer{WS: plain, FlushInterval: time.Second}
	core := zapcore.RegisterHooks(zapcore.NewCore(encoder, sink, level), func(e zapcore.Entry) error {
		if e.Level >= zapcore.ErrorLevel {
			return sink.Sync()
		}
		return nil
	})
	return zap.New(core, zap.ErrorOutput(plain)), level, func() { _ = sink.Stop() } // after the last line, a failure cannot be reported
}

// logFormat returns the format for an output: auto means console for a terminal, and JSON
// otherwise.
func logFormat(set config.LogFormat, out io.Writer) config.LogFormat {
	if set != config.LogAuto {
		return set
	}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return config.LogConsole
	}
	return config.LogJSON
}

// levelOf returns the level of the settings, which are already checked.
func levelOf(level config.LogLevel) zapcore.Level {
	parsed, err := zapcore.ParseLevel(string(level))
	if err != nil {
		return zapcore.InfoLevel
	}
	return parsed
}
