package gateway

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"

	"tvscim/cmd/config"
)

// unsyncable is an output that can be written but not synced, as terminals and pipes are.
type unsyncable struct {
	bytes.Buffer
	synced bool
}

func (u *unsyncable) Sync() error {
	u.synced = true // zap writes the error to standard error
	return syscall.EINVAL
}

// TestLogOfAnOutputThatCannotBeSynced holds its lines, each written at once from level error on,
// and no complaint.
func TestLogOfAnOutputThatCannotBeSynced(t *testing.T) {
	t.Parallel()
	var out unsyncable
	log, _, flush := NewLogger(config.Log{Level: config.LogInfo, Format: config.LogJSON}, &out)
	defer flush()
	log.Error("a record cannot be written to the store")
	if out.synced {
		t.Error("the output was synced")
	}
	if text := out.String(); !strings.Contains(text, "a record cannot be written to the store") || strings.Count(text, "\n") != 1 {
		t.Errorf("the log holds:\n%s", text)
	}
}

// TestLogFormat: auto is console on a terminal and JSON elsewhere.
func TestLogFormat(t *testing.T) {
	t.Parallel()
	file, err := os.Create(t.TempDir() + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for set, want := range map[config.LogFormat]config.LogFormat{
		config.LogAuto: config.LogJSON, config.LogJSON: config.LogJSON, config.LogConsole: config.LogConsole,
	} {
		if got := logFormat(set, &bytes.Buffer{}); got != want {
			t.Errorf("%s in a buffer: %s, want %s", set, got, want)
		}
		if got := logFormat(set, file); got != want {
			t.Errorf("%s in a file: %s, want %s", set, got, want)
		}
	}
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no terminal can be had: %v", err)
	}
	defer terminal.Close()
	for set, want := range map[config.LogFormat]config.LogFormat{
		config.LogAuto: config.LogConsole, config.LogJSON: config.LogJSON, config.LogConsole: config.LogConsole,
	} {
		if got := logFormat(set, terminal); got != want {
			t.Errorf("%s on a terminal: %s, want %s", set, got, want)
		}
	}
}
