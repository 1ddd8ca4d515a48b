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

// Store reads a text, trimmed and not blank, into a pointer to a string or to a
// type of its own that is one, an integer, a decimal, a boolean, a duration, or
// one of those that can be off or auto. It reports false, and stores nothing,
// when the text is not what Expected describes.
func (i Field) Store(field any, text string) bool {
	isOff := i.Off && isWord(text, off)
	switch field := field.(type) {
	case *Limit:
		if isOff {
			*field = Limit{Off: true}
			return true
		}
		return i.readInteger(&field.Value, text)
	case *Threshold:
		if isOff {
			*field = Threshold{Off: true}
			return true
		}
		return i.readDecimal(&field.Value, text)
	case *time.Duration:
		if isOff {
			*field = 0
			return true
		}
		return i.readDuration(field, text)
	case *Margin:
		if isWord(text, auto) {
			*field = Margin{Auto: true}
			return true
		}
		return i.readDecimal(&field.Value, text)
	case *int:
		if isOff {
			*field = 0
			return true
		}
		return i.readInteger(field, text)
	case *metrics.Decimal:
		if isOff {
			*field = metrics.Decimal{}
			return true
		}
		return i.readDecimal(field, text)
	case *bool:
		return readBoolean(field, text)
	}
	return i.readText(field, text)
}

// isWord accepts the spellings of a word that YAML accepts of its own.
func isWord(text, word string) bool {
	return text == word || text == strings.ToUpper(word) || text == strings.ToUpper(word[:1])+word[1:]
}

// readText stores the kinds whose value is the text itself.
func (i Field) readText(field any, text string) bool {
	text, ok := i.Canonical(text)
	if !ok {
		return false
	}
	reflect.ValueOf(field).Elem().SetString(text)
	return true
}

func (i Field) readInteger(field *int, text string) bool {
	n, err := strconv.Atoi(text)
	if err != nil || i.Min != "" && n < mustInteger(i.Min) || i.Max != "" && n > mustInteger(i.Max) {
		return false
	}
	*field = n
	return true
}

func mustInteger(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}

func (i Field) readDecimal(field *metrics.Decimal, text string) bool {
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
	*field = d
	return true
}

func (i Field) readDuration(field *time.Duration, text string) bool {
	d, ok := parseDuration(text)
	if !ok || i.Min != "" && d < mustDuration(i.Min) || i.Max != "" && d > mustDuration(i.Max) {
		return false
	}
	*field = d
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
// 1d12h, 90m. A bare number has no unit and is refused: people disagree on
// what 30 means.
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

// readBoolean accepts the six words that GitHub and YAML 1.2 agree on. A
// looser set would take a typing error for false.
func readBoolean(field *bool, text string) bool {
	switch text {
	case "true", "True", "TRUE":
		*field = true
	case "false", "False", "FALSE":
		*field = false
	default:
		return false
	}
	return true
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
	if i.Secret { // tokens grow: their form is nobody's business
		return text, Printable(text, 64<<10)
	}
	return text, Printable(text, 500)
}

// Printable says whether a text is one line without control characters. The
// Unicode line separators count as line breaks: some logs honour them.
func Printable(text string, limit int) bool {
	return utf8.RuneCountInString(text) <= limit && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}

// validURL says whether a text is the URL of a server that this program can
// speak to. Other schemes of MLflow (file, sqlite, databricks) have no REST
// server behind them, or not this one.
func validURL(text string) bool {
	if !Printable(text, 4096) {
		return false
	}
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.Fragment == ""
}
