package githubtest

import (
	"net/http"
	"strings"
)

// A Kind is a kind of token, told apart by its prefix as GitHub's are.
type Kind string

// The kinds of token that people try.
const (
	// JobToken is a workflow's GITHUB_TOKEN: Options.Permissions, and never variables.
	JobToken Kind = "ghs_TheTokenOfTheJob"
	// AppToken is an installation token of a GitHub App with everything that we use.
	AppToken Kind = "ghs_TheTokenOfAnApp"
	// FineGrained is a personal access token with everything that we use.
	FineGrained Kind = "github_pat_Everything"
	// FineGrainedReader may read variables, not write them; nothing else.
	FineGrainedReader Kind = "github_pat_VariablesReadOnly"
	// FineGrainedBare was given the repository and no permission on it.
	FineGrainedBare Kind = "github_pat_NoPermission"
	// Outsider was not given the repository, which is private: all is 404.
	Outsider Kind = "github_pat_AnotherRepository"
	// Classic is a personal access token with the scope repo.
	Classic Kind = "ghp_ScopeRepo"
	// Expired was an installation token an hour ago.
	Expired Kind = "ghs_Expired"
)

// everything is every permission that an operation of ours asks for.
var everything = map[string]string{"variables": "write", "issues": "write", "contents": "write", "actions": "write"}

// permissions of each kind. A kind that is missing is not accepted at all.
func (s *Server) permissions(token Kind) (granted map[string]string, ok bool) {
	switch token {
	case JobToken:
		return s.options.Permissions, true
	case AppToken, FineGrained, Classic:
		return everything, true
	case FineGrainedReader:
		return map[string]string{"variables": "read"}, true
	case FineGrainedBare, Outsider:
		return nil, true
	}
	return nil, false
}

// Token is the text of a token of the kind.
func (s *Server) Token(kind Kind) string {
	if _, ok := s.permissions(kind); !ok && kind != Expired {
		s.tb.Errorf("githubtest: no token of kind %q", kind)
	}
	return string(kind)
}

// refusal is the answer to a request whose token may not do it, nil if it may.
func (s *Server) refusal(r *http.Request, op operation) *Answer {
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	granted, known := s.permissions(Kind(token))
	switch {
	case !known:
		return says(http.StatusUnauthorized, "Bad credentials", "https://docs.github.com/rest")
	case Kind(token) == Outsider:
		return says(http.StatusNotFound, "Not Found", op.documentation)
	case op.permission == "variables" && Kind(token) == JobToken, !allows(granted[op.permission], op.level):
		return says(http.StatusForbidden, "Resource not accessible by "+bearer(Kind(token)), op.documentation)
	}
	return nil
}

func allows(granted, needed string) bool {
	return granted == "write" || granted == "read" && needed == "read"
}

// bearer is what GitHub calls the owner of a token in its refusals.
func bearer(token Kind) string {
	if strings.HasPrefix(string(token), "ghs_") {
		return "integration"
	}
	return "personal access token"
}
