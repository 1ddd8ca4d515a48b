package text

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

// Recognisable is how many bytes of a secret give it away. A shorter secret is
// not hidden: it would turn ordinary words into stars.
const Recognisable = 4

// Scrubber returns a function that hides secrets, in each way in which a server
// may repeat them, and what the Authorization headers made of them carry:
// proxies and login pages have been seen to echo what they were sent.
func Scrubber(secrets []string, headers ...string) func(string) string {
	var forms []string
	for _, h := range headers {
		_, value, _ := strings.Cut(h, " ")
		forms = append(forms, value)
	}
	for _, s := range secrets {
		forms = append(forms, s, url.QueryEscape(s), url.PathEscape(s), base64.StdEncoding.EncodeToString([]byte(s)))
	}
	// Longest first: of a secret that begins with another, nothing may stay.
	slices.SortFunc(forms, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var pairs []string
	for _, f := range forms {
		if len(f) >= Recognisable {
			pairs = append(pairs, f, hidden)
		}
	}
	return strings.NewReplacer(pairs...).Replace
}
