package ledger

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var one, other = strings.Repeat("a", 64), strings.Repeat("b", 64)

// TestUse counts each holdout by itself, over processes that share nothing but
// the file.
func TestUse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.json")
	for i, want := range []struct {
		sha256 string
		uses   int
	}{{one, 1}, {one, 2}, {other, 1}, {one, 3}} {
		before, err := Files{}.Uses(path, want.sha256)
		got, useErr := Files{}.Use(path, want.sha256)
		if err != nil || useErr != nil || got != want.uses || before != want.uses-1 {
			t.Errorf("use %d: %d after %d (%v, %v), expected %d", i, got, before, useErr, err, want.uses)
		}
	}
	content, err := os.ReadFile(path)
	if want := "{\n  \"schema\": 1,\n  \"uses\": {\n    \"" + one + "\": 3,\n    \"" + other + "\": 1\n  }\n}\n"; err != nil || string(content) != want {
		t.Errorf("%s (%v), expected %s", content, err, want)
	}
}

// TestUseAtOnce loses no count, and gives no number twice.
func TestUseAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.json")
	const judges, each = 8, 10
	var seen sync.Map
	var all sync.WaitGroup
	for range judges {
		all.Add(1)
		go func() {
			defer all.Done()
			for range each {
				uses, err := Files{}.Use(path, one)
				if _, twice := seen.LoadOrStore(uses, true); twice || err != nil {
					t.Errorf("use %d: given twice %t, error %v", uses, twice, err)
				}
			}
		}()
	}
	all.Wait()
	if uses, err := (Files{}).Uses(path, one); uses != judges*each || err != nil {
		t.Errorf("%d uses (%v), expected %d", uses, err, judges*each)
	}
	if left, err := filepath.Glob(path + "*"); len(left) != 1 || err != nil {
		t.Errorf("left %q (%v), expected the ledger alone", left, err)
	}
}

// TestUnreadable: what cannot be understood is an error that says what to do,
// and stays as it was.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ content, want string }{
		"empty":          {"", "EOF"},
		"cut":            {`{"schema": 1, "uses": {"` + one, "unexpected EOF"},
		"no uses":        {`{"schema": 1}`, `no "uses"`},
		"a newer one":    {`{"schema": 2, "uses": {}}`, "schema 2, expected 1"},
		"another file":   {`{"schema": 1, "model": "churn"}`, "unknown field"},
		"two objects":    {`{"schema": 1, "uses": {}} {}`, "more after its end"},
		"no digest":      {`{"schema": 1, "uses": {"3f2a": 1}}`, "64 hex digits"},
		"counted back":   {`{"schema": 1, "uses": {"` + one + `": -5}}`, "at least 1"},
		"far too much":   {`{"schema": 1, "uses": {}}` + strings.Repeat(" ", mostLedger), "more than"},
		"no whole count": {`{"schema": 1, "uses": {"` + one + `": 1.5}}`, "cannot unmarshal"},
	} {
		path := filepath.Join(t.TempDir(), "ledger.json")
		if err := os.WriteFile(path, []byte(c.content), 0o644); err != nil {
			t.Fatal(err)
		}
		_, readErr := Files{}.Uses(path, one)
		_, useErr := Files{}.Use(path, one)
		for _, err := range []error{readErr, useErr} {
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "\nrestore it from a copy") {
				t.Errorf("%s: error %v, expected %q, the path, and what to do", name, err, c.want)
			}
		}
		if content, err := os.ReadFile(path); string(content) != c.content || err != nil {
			t.Errorf("%s: the file was changed (%v)", name, err)
		}
		if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
			t.Errorf("%s: left %q", name, left)
		}
	}
}

// TestLocked waits for a judge that counts, and not for ever for one that was
// killed.
func TestLocked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.json")
	lock := path + ".lock"
	if err := os.WriteFile(lock, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := (Files{patience: 30 * time.Millisecond}).Use(path, one); err == nil || !strings.Contains(err.Error(), "remove "+lock) {
		t.Errorf("error %v, expected one that says to remove %s", err, lock)
	}
	if _, err := os.Stat(lock); err != nil {
		t.Errorf("another's lock was removed: %v", err)
	}
	go func() {
		time.Sleep(50 * time.Millisecond)
		os.Remove(lock) //nolint:errcheck // the other judge, done
	}()
	if uses, err := (Files{}).Use(path, one); uses != 1 || err != nil {
		t.Errorf("%d (%v), expected to wait for the lock and to count", uses, err)
	}
}

// TestLinked counts in the file that a link names.
func TestLinked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, link := filepath.Join(dir, "shared.json"), filepath.Join(dir, "ledger.json")
	if _, err := (Files{}).Use(path, one); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("shared.json", link); err != nil {
		t.Skip(err)
	}
	if _, err := (Files{}).Use(link, one); err != nil {
		t.Fatal(err)
	}
	if uses, err := (Files{}).Uses(path, one); uses != 2 || err != nil {
		t.Errorf("%d uses of the shared file (%v), expected 2", uses, err)
	}
}

// TestNoPlace: a ledger that cannot be written is an error before any verdict.
func TestNoPlace(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "missing", "ledger.json")
	if _, err := (Files{}).Use(path, one); err == nil || !strings.Contains(err.Error(), "folder must exist") {
		t.Errorf("error %v, expected one about the folder", err)
	}
	if _, err := (Files{}).Use("ledger.json", ""); err == nil {
		t.Error("no digest was counted")
	}
}
