package text

import (
	"net/url"
	"regexp"
	"strings"
)

// hidden stands in the place of what may be a secret.
const hidden = "***"

// userinfo is all between :// and the last @ of a word: a password may hold a
// slash or another @.
var userinfo = regexp.MustCompile(`://\S*@`)

// WithoutCredentials hides user names and passwords in the URLs of a text.
func WithoutCredentials(s string) string { return userinfo.ReplaceAllString(s, "://"+hidden+"@") }

// HiddenURL is a URL, however malformed, without what may be a secret: all
// before the last @, and the query, where tokens travel.
func HiddenURL(s string) string {
	if at := strings.LastIndex(s, "@"); at >= 0 {
		scheme, _, found := strings.Cut(s[:at], "://")
		if !found {
			scheme = ""
		} else {
			scheme += "://"
		}
		s = scheme + hidden + s[at:]
	}
	if before, _, found := strings.Cut(s, "?"); found {
		s = before + "?" + hidden
	}
	return s
}

// Address is a URL that is well formed, without credentials, query and fragment;
// empty where it is none.
func Address(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return ""
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = nil, "", false, "", ""
	return u.String()
}
