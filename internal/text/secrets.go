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

// Forms are a secret as it stands in headers and URLs, beside itself. Base64 goes
// without its padding, so that both spellings are found.
func Forms(secret string) []string {
	raw := []byte(secret)
	return []string{
		base64.RawStdEncoding.EncodeToString(raw),
		base64.RawURLEncoding.EncodeToString(raw),
		url.QueryEscape(secret),
		url.PathEscape(secret),
		strings.TrimPrefix(url.UserPassword("", secret).String(), ":"), // as in the userinfo of a URL
	}
}

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
		forms = append(append(forms, s, base64.StdEncoding.EncodeToString([]byte(s))), Forms(s)...) // of the usual base64 no padding stays
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
