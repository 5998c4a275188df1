package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"tvscim/mapping/idmap"
)

type linksExportCommand struct{ storeFlags }

// Run writes the first line, which names format and version, and a line for each record.
func (k linksExportCommand) Run(ctx context.Context, w world) error {
	m, err := k.open(ctx, w.environ, false)
	if err != nil {
		return err
	}
	return errors.Join(exportLinks(w.out, m), m.Close())
}

func exportLinks(out io.Writer, m idmap.Map) error {
	buffer := bufio.NewWriter(out)
	lines := json.NewEncoder(buffer)
	lines.SetEscapeHTML(false) // escapes would change the stored bytes
	if err := lines.Encode(linksHeader{Format: linksFormat, Version: linksVersion}); err != nil {
		return err
	}
	for id, r := range m.All() {
		if err := lines.Encode(lineOf(id, r)); err != nil {
			return fmt.Errorf("link %s: %w", id, err)
		}
	}
	return buffer.Flush()
}
