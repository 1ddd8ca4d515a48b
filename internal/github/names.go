package github

import (
	"errors"
	"strings"
	"unicode"

	"github.com/org/ct-action/internal/field"
)

// ErrName is matched by the error of a name that GitHub cannot have. Nothing
// was sent.
var ErrName = errors.New("there can be no such name")

// unnamed is the error of a name that cannot exist.
func unnamed(what, given, expected string) error {
	return &Error{Op: what + " " + quoted(given), Message: expected, kind: ErrName}
}

// split takes owner/name apart.
func split(repository string) (owner, name string, err error) {
	owner, name, ok := field.SplitRepository(repository)
	if !ok {
		return "", "", unnamed("repository", repository, "expected owner/name, such as octo/churn")
	}
	return owner, name, nil
}

// repository is an error where the client was made without one.
func (c *Client) repository() error {
	if c.owner == "" {
		return unnamed("repository", "", "expected owner/name, such as octo/churn")
	}
	return nil
}

// variableName is the name as GitHub keeps it: in upper case.
func variableName(name string) (string, error) {
	upper, ok := field.VariableName(name)
	switch {
	case strings.HasPrefix(upper, "GITHUB_"):
		return "", unnamed("repository variable", name, "expected a name that does not start with GITHUB_, which GitHub keeps for itself")
	case !ok:
		return "", unnamed("repository variable", name, "expected letters A to Z, digits and _, not starting with a digit, at most 100")
	}
	return upper, nil
}

func checkWorkflow(file string) error {
	if !field.IsWorkflow(file) {
		return unnamed("workflow", file, "expected the file's name alone, such as deploy.yml for .github/workflows/deploy.yml; letters, digits, dot, hyphen and _")
	}
	return nil
}

func checkRef(ref string) error {
	if ref == "" || strings.ContainsFunc(ref, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return unnamed("git reference", ref, "expected a branch or a tag, such as main")
	}
	return nil
}

func checkEventType(name string) error {
	if !field.IsIdentifier(name) {
		return unnamed("event type", name, "expected 1 to 100 letters, digits, and . _ : / -, such as drift-alert")
	}
	return nil
}
