package actions

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// However a text is cut into writes, no secret in it gets through, and a line
// that has ended is all there.
func TestRedactingInPieces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := New(func(string) string { return "" }, io.Discard, io.Discard)
		for _, secret := range []string{"sEcReT99", "ReT9-longer", "ss-ss-sss"} {
			if err := r.Mask(secret); err != nil {
				t.Fatal(err)
			}
		}
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"sEcReT99", "ReT9-longer", "ss-ss-sss", "ss-ss-", "sEcR", "a ", "\n"}), 0, 12).Draw(t, "parts")
		text := strings.Join(parts, "") + "\n"
		var got bytes.Buffer
		w := r.Redacting(&got)
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			if _, err := io.WriteString(w, rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if want := r.Redact(text); got.String() != want {
			t.Fatalf("got  %q\nwant %q", got.String(), want)
		}
	})
}
