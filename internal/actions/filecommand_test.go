package actions

import (
	"fmt"
	"strings"
)

// readFileCommands is a port of how the runner reads GITHUB_OUTPUT
// (FileCommandManager.cs, EnvFileKeyValuePairs), for Linux, where only a line
// feed ends a line. The last of two values of one name wins.
func readFileCommands(text string) (map[string]string, error) {
	values := map[string]string{}
	for len(text) > 0 {
		line, rest, _ := strings.Cut(text, "\n")
		text = rest
		if line == "" {
			continue
		}
		equals, heredoc := strings.Index(line, "="), strings.Index(line, "<<")
		switch {
		case heredoc >= 0 && (equals < 0 || heredoc < equals):
			name, delimiter, _ := strings.Cut(line, "<<")
			if name == "" || delimiter == "" {
				return nil, fmt.Errorf("invalid format %q: name and delimiter must not be empty", line)
			}
			value, after, err := readHeredoc(text, delimiter)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			values[name], text = value, after
		case equals >= 0:
			name, value, _ := strings.Cut(line, "=")
			if name == "" {
				return nil, fmt.Errorf("invalid format %q: name must not be empty", line)
			}
			values[name] = value
		default:
			return nil, fmt.Errorf("invalid format %q", line)
		}
	}
	return values, nil
}

func readHeredoc(text, delimiter string) (value, rest string, err error) {
	var lines []string
	for {
		line, after, newline := strings.Cut(text, "\n")
		if line == delimiter {
			return strings.Join(lines, "\n"), after, nil
		}
		if !newline {
			return "", "", fmt.Errorf("matching delimiter not found %q", delimiter)
		}
		lines, text = append(lines, line), after
	}
}
