package text

import (
	"fmt"
	"strings"
)

// List is "a, b, c", or "a, b, and 7 more" where there are more items than most.
func List(items []string, most int) string {
	if more := len(items) - most; more > 0 {
		return strings.Join(items[:most], ", ") + fmt.Sprintf(", and %d more", more)
	}
	return strings.Join(items, ", ")
}
