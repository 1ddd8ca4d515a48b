package dataset

import "strings"

// A column collects values one after the other. All of its texts share one
// piece of memory: a million short values are three allocations that grow, not
// a million, and none keeps the rest of its row alive.
type column struct {
	text strings.Builder
	ends []int // of each value, in text
}

func (c *column) add(value []byte) {
	c.text.Write(value)
	c.ends = append(c.ends, c.text.Len())
}

func (c *column) values() []string {
	text, start := c.text.String(), 0
	values := make([]string, len(c.ends))
	for i, end := range c.ends {
		values[i] = text[start:end]
		start = end
	}
	return values
}
