package changelog

import "testing"

func TestCSVCell(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "Ada": "Ada", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "＝1": "'＝1", "＠x": "'＠x", "a\x00\x1b[2J": "a\ufffd\ufffd[2J", "é": "é", "a=b": "a=b"} {
		if got := CSVCell(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
