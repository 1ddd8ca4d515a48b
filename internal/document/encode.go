package document

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Encode is JSON as it is: without escapes for HTML, which these texts are
// not.
func Encode(v any, indent string) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("writing a document: %w", err)
	}
	return text.Bytes(), nil
}
