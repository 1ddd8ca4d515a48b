package field

import (
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/org/ct-action/internal/jsonpointer"
	"github.com/org/ct-action/internal/metrics"
)

// Store reads a text, trimmed and not blank, into the target: a pointer to a new
// string (or a type of its own over string), integer, decimal, boolean, duration,
// Limit, Threshold or Margin. It reports false when the text is not what Expected
// describes.
func (i Field) Store(target any, text string) bool {
	if i.Off && isWord(text, off) {
		switchOff(target)
		return true
	}
	switch target := target.(type) {
	case *Limit:
		return i.readInteger(&target.Value, text)
	case *int:
		return i.readInteger(target, text)
	case *Threshold:
		return i.readDecimal(&target.Value, text)
	case *metrics.Decimal:
		return i.readDecimal(target, text)
	case *Margin:
		target.Auto = i.Auto && isWord(text, auto)
		return target.Auto || i.readDecimal(&target.Value, text)
	case *time.Duration:
		return i.readDuration(target, text)
	case *bool:
		return readBoolean(target, text)
	}
	return i.readText(target, text)
}

// switchOff stores what the word off means: a limit that is off, or zero.
func switchOff(target any) {
	switch target := target.(type) {
	case *Limit:
		target.Off = true
	case *Threshold:
		target.Off = true
	default:
		reflect.ValueOf(target).Elem().SetZero()
	}
}

// isWord accepts a word in the three spellings that YAML 1.2 has for each of its
// own, such as true, True and TRUE.
func isWord(text, word string) bool {
	return text == word || text == strings.ToUpper(word) || text == strings.ToUpper(word[:1])+word[1:]
}

// readText stores the kinds whose value is the text itself.
func (i Field) readText(target any, text string) bool {
	text, ok := i.Canonical(text)
	if ok {
		reflect.ValueOf(target).Elem().SetString(text)
	}
	return ok
}

func (i Field) readInteger(target *int, text string) bool {
	n, err := strconv.Atoi(text)
	if err != nil || i.Min != "" && n < mustInteger(i.Min) || i.Max != "" && n > mustInteger(i.Max) {
		return false
	}
	*target = n
	return true
}

func mustInteger(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}

func (i Field) readDecimal(target *metrics.Decimal, text string) bool {
	number, percent := strings.CutSuffix(text, "%")
	if percent && i.Kind != Share {
		return false
	}
	d, err := metrics.ParseDecimal(number)
	if err != nil {
		return false
	}
	if percent {
		d = d.Over100()
	}
	least := 0
	if i.Open {
		least = 1
	}
	if i.Min != "" && d.Rat().Cmp(metrics.MustDecimal(i.Min).Rat()) < least ||
		i.Max != "" && d.Rat().Cmp(metrics.MustDecimal(i.Max).Rat()) > -least {
		return false
	}
	*target = d
	return true
}

func (i Field) readDuration(target *time.Duration, text string) bool {
	d, ok := parseDuration(text)
	if !ok || i.Min != "" && d < mustDuration(i.Min) || i.Max != "" && d > mustDuration(i.Max) {
		return false
	}
	*target = d
	return true
}

func mustDuration(text string) time.Duration {
	d, ok := parseDuration(text)
	if !ok {
		panic("field: " + text + " is no duration")
	}
	return d
}

var durationForm = regexp.MustCompile(`^(?:([0-9]{1,5})d)?([0-9hmsu.µn]*)$`)

// parseDuration reads Go's notation with days of 24 hours before it: 7d,
// 1d12h, 90m. A number without a unit is refused, because nobody can tell whether
// 30 means seconds or days.
func parseDuration(text string) (time.Duration, bool) {
	parts := durationForm.FindStringSubmatch(text)
	if parts == nil || text == "" || text == "0" {
		return 0, false
	}
	var total time.Duration
	if parts[1] != "" {
		total = time.Duration(mustInteger(parts[1])) * 24 * time.Hour
	}
	if parts[2] != "" {
		rest, err := time.ParseDuration(parts[2])
		if err != nil || total+rest < total {
			return 0, false
		}
		total += rest
	}
	return total, true
}

// readBoolean accepts the six words that GitHub and YAML 1.2 agree on. A looser
// set would take a typing error for false.
func readBoolean(target *bool, text string) bool {
	*target = isWord(text, "true")
	return *target || isWord(text, "false")
}

var (
	aliasForm     = regexp.MustCompile(`^[\p{L}\p{N}_-]+$`) // {1,255} would take 20 ms to compile, at each start
	aliasReserved = regexp.MustCompile(`^(?i:latest|v[0-9]+)$`)
	versionForm   = regexp.MustCompile(`^0*([1-9][0-9]{0,17})$`)
	digestForm    = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
)

// Canonical checks a text of one of the textual kinds, and returns the one
// spelling of it that the rest of the program compares with.
func (i Field) Canonical(text string) (string, bool) {
	if !utf8.ValidString(text) {
		return "", false
	}
	switch i.Kind {
	case Enumeration:
		return text, slices.Contains(i.Choices, text)
	case Command:
		return text, len(text) <= 64<<10 && !strings.ContainsRune(text, 0)
	case Path:
		return text, Printable(text, 4096) && !strings.Contains(text, "://")
	case ModelName:
		return text, Printable(text, 256) && !strings.ContainsAny(text, "/:@")
	case Alias:
		return text, utf8.RuneCountInString(text) <= 255 && aliasForm.MatchString(text) && !aliasReserved.MatchString(text)
	case URL:
		return text, validURL(text)
	case Version:
		if m := versionForm.FindStringSubmatch(text); m != nil {
			return m[1], true
		}
		return "", false
	case Digest:
		return strings.ToLower(text), digestForm.MatchString(text)
	case Identifier:
		return text, IsIdentifier(text)
	case Repository:
		_, _, ok := SplitRepository(text)
		return text, ok
	case Variable:
		return VariableName(text)
	case Workflow:
		return text, IsWorkflow(text)
	case Pointer:
		_, ok := jsonpointer.Parse(text)
		return text, ok && text != "" && Printable(text, 500)
	}
	if i.Secret { // no limit of its own: tokens have become longer before
		return text, Printable(text, 64<<10)
	}
	return text, Printable(text, 500)
}

// Printable says whether a text is one line without control characters, of at most
// limit characters. The Unicode line separators count as line breaks, because some
// logs break lines there.
func Printable(text string, limit int) bool {
	return utf8.RuneCountInString(text) <= limit && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}

// validURL says whether a text is the URL of a server that this program can
// speak to. The other schemes that MLflow accepts (file, sqlite, databricks) lead
// to no server, or to one with another API.
func validURL(text string) bool {
	if !Printable(text, 4096) {
		return false
	}
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.Fragment == ""
}
