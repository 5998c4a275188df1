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

// NewLogger returns the logger that the settings ask for, its level, which may be changed at any time, and what flushes it,
// which is to be called last. Lines are buffered for up to a second: half of what a line costs is the write. Errors are
// written through at once.
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
	// Only writing is asked of the output: terminals and pipes refuse to be synced, and say so on each error.
	plain := zapcore.AddSync(struct{ io.Writer }{out})
	sink := &zapcore.BufferedWriteSyncer{WS: plain, FlushInterval: time.Second}
	core := zapcore.RegisterHooks(zapcore.NewCore(encoder, sink, level), func(e zapcore.Entry) error {
		if e.Level >= zapcore.ErrorLevel {
			return sink.Sync()
		}
		return nil
	})
	return zap.New(core, zap.ErrorOutput(plain)), level, func() { _ = sink.Stop() } // the last lines; there is nowhere left to report a failure to
}

// logFormat is the format for an output: auto is console where somebody reads along, and JSON elsewhere.
func logFormat(set config.LogFormat, out io.Writer) config.LogFormat {
	if set != config.LogAuto {
		return set
	}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return config.LogConsole
	}
	return config.LogJSON
}

// levelOf is a level of the settings, which were checked before.
func levelOf(level config.LogLevel) zapcore.Level {
	parsed, err := zapcore.ParseLevel(string(level))
	if err != nil {
		return zapcore.InfoLevel
	}
	return parsed
}
