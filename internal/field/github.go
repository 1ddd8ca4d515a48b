package field

import (
	"regexp"
	"strings"
)

// What GitHub can have. Both the inputs and the client that asks GitHub keep to
// it, so that a dry run refuses what a real run would.
const (
	MostVariable   = 100        // characters of the name of a repository variable
	MostIdentifier = 100        // characters of an Identifier, and of an event's type
	MostPayload    = 64<<10 - 1 // bytes of JSON that a repository_dispatch event carries
)

var (
	identifierForm = regexp.MustCompile(`^[A-Za-z0-9._:/-]{1,100}$`)
	ownerForm      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`) // the underscore is in the logins of managed users
	nameForm       = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)
	variableForm   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,99}$`)
	workflowForm   = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,250}\.ya?ml$`)
)

// SplitRepository takes owner/name apart; ok is false where GitHub can have no
// such repository.
func SplitRepository(text string) (owner, name string, ok bool) {
	owner, name, _ = strings.Cut(text, "/")
	return owner, name, ownerForm.MatchString(owner) && nameForm.MatchString(name) && name != "." && name != ".."
}

// VariableName is the name of a repository variable as GitHub keeps it, in
// upper case.
func VariableName(text string) (upper string, ok bool) {
	upper = strings.ToUpper(text)
	return upper, variableForm.MatchString(text) && !strings.HasPrefix(upper, "GITHUB_")
}

// IsWorkflow reports whether a text is the name of a workflow's file, alone.
func IsWorkflow(text string) bool { return workflowForm.MatchString(text) }

// IsIdentifier reports whether a text is one: an attempt, or an event's type.
func IsIdentifier(text string) bool { return identifierForm.MatchString(text) }
