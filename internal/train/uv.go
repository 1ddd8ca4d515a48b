package train

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/text"
)

// fetcher is the Python program that reads in which environments versions were
// logged. The text at its head says what it answers.
//
//go:embed requirements.py
var fetcher []byte

// fetcherMLflow is what the fetcher runs with. Any release will do, as it only reads
// from the server; the models themselves are loaded by the MLflow that logged them.
const fetcherMLflow = "mlflow-skinny==3.17.2"

// A uvScoring scores in environments that uv makes.
type uvScoring struct {
	scoring
	uv  string // path
	why string // the interpreter cannot be used: "has no mlflow"
}

// score scores every version in the environment that it was logged in. All
// environments are made before the first version is scored.
func (u uvScoring) score(ctx context.Context, uris []string, out string) error {
	uris = distinct(uris)
	u.shell.announce("%s %s: reading the requirements of %s through uv", u.python, u.why, versions(uris))
	models, err := u.fetch(ctx, uris)
	if err != nil {
		return err
	}
	environments := u.share(models)
	for _, e := range environments {
		if err := u.prepare(ctx, e); err != nil {
			return err
		}
	}
	return u.scoreAll(ctx, environments, uris, out)
}

// fetch reads what the versions were logged with, and once more with the
// libraries of the stores that it then knows of.
func (u uvScoring) fetch(ctx context.Context, uris []string) ([]requirer, error) {
	models, err := u.fetchWith(ctx, uris, nil)
	if err == nil && slices.ContainsFunc(models, requirer.keptApart) {
		return u.fetchWith(ctx, uris, models)
	}
	return models, err
}

// fetchWith runs the fetcher with the libraries of the stores of known versions.
func (u uvScoring) fetchWith(ctx context.Context, uris []string, known []requirer) ([]requirer, error) {
	folder, err := os.MkdirTemp(u.dir, "requirements-")
	if err != nil {
		return nil, fmt.Errorf("making a directory for the models' requirements: %w", err)
	}
	answer := filepath.Join(folder, "answer.json")
	command := []string{"python", "-u", filepath.Join(u.dir, "requirements.py"), "--folder=" + folder, "--out=" + answer}
	with, readable := []string{fetcherMLflow}, map[string]bool{}
	for _, m := range known {
		with, readable[m.Store] = append(with, clients[m.Store]...), true
	}
	for _, scheme := range slices.Sorted(maps.Keys(clients)) {
		if !readable[scheme] {
			command = append(command, "--without="+scheme)
		}
	}
	for _, uri := range uris {
		command = append(command, "--uri="+uri)
	}
	// Not the user's interpreter, which may be too old for this MLflow.
	e := environment{python: ">=3.10", with: distinct(with)}
	if err := u.install(ctx, e, "installing "+fetcherMLflow+" through uv"); err != nil {
		return nil, err
	}
	if err := u.shell.run(ctx, "reading the requirements of "+versions(uris), u.command(e, command), u.env, 0); err != nil {
		return nil, explain(err)
	}
	return readAnswer(answer)
}

func readAnswer(path string) (models []requirer, err error) {
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &models)
	}
	if err != nil {
		return nil, fmt.Errorf("what the embedded requirements.py wrote: %w", err)
	}
	return models, nil
}

// prepare makes the environment.
func (u uvScoring) prepare(ctx context.Context, e environment) error {
	which := "its"
	if len(e.versions) > 1 {
		which = "their"
	}
	u.shell.announce("%s %s: scoring %s with %s own requirements (%s) through uv", u.python, u.why, versions(e.versions), which, e.names)
	return u.install(ctx, e, "installing the requirements of "+versions(e.versions)+" through uv")
}

// install makes the environment before a program runs in it, so that uv's errors
// are not taken for the program's. uv caches what it needs to make it again at once.
func (u uvScoring) install(ctx context.Context, e environment, name string) error {
	err := u.shell.run(ctx, name, u.command(e, []string{"python", "-c", "pass"}), u.env, 0)
	var failed *Error
	if errors.As(err, &failed) && failed.ExitCode > 0 && failed.ExitCode < 126 {
		words := verdict(failed.output)
		failed.Detail = fmt.Sprintf("%s: %s: %s\n%s", scorerName, name, either(words, "uv "+failed.ending()), remedy(words, e))
	}
	return err
}

// command is the command that runs a program in the environment. The user's project, its .venv,
// its lock and its settings have no part in it: they are of today's model.
func (u uvScoring) command(e environment, program []string) []string {
	argv := []string{u.uv, "run", "--no-project", "--isolated", "--project=" + u.dir, "--python=" + e.python}
	if e.file != "" {
		argv = append(argv, "--with-requirements="+e.file)
	}
	for _, w := range e.with {
		argv = append(argv, "--with="+w)
	}
	return append(argv, program...)
}

// verdict is what uv says is wrong, in one line: its last error with the causes.
func verdict(lines []string) string {
	at := -1
	for i, line := range lines {
		if strings.HasPrefix(line, "error: ") || strings.HasPrefix(strings.TrimSpace(line), "× ") {
			at = i
		}
	}
	if at < 0 {
		return ""
	}
	var words []string
	for _, line := range lines[at:] {
		words = append(words, strings.Fields(strings.TrimLeft(line, " ×╰─▶│├"))...)
	}
	verdict := strings.TrimPrefix(strings.Join(words, " "), "error: ")
	return text.Clip(strings.ReplaceAll(verdict, " cause: ", ": "), verdictWidth)
}

const verdictWidth = 600 // characters: the conflict of five packages

// remedy words what to do about uv's verdict.
func remedy(words string, e environment) string {
	const own = "install mlflow and the model's packages in setup-command and let python name that interpreter, or give a score-command"
	says := func(any ...string) bool {
		return slices.ContainsFunc(any, func(s string) bool { return strings.Contains(words, s) })
	}
	switch {
	case says("No interpreter found", "python-build-standalone"):
		return "Python " + e.python + " is not on this machine and uv cannot download it: put it there, or " + own
	case says("Failed to fetch", "Request failed", "error sending request", "dns error", "network was disabled", "Failed to download"):
		return "uv needs PyPI, or the index that UV_DEFAULT_INDEX names, and HTTPS_PROXY where there is a proxy; without a network, " + own
	case e.file == "":
		return own
	}
	return "packages of a private index need UV_INDEX in the job's environment; otherwise log the model again with pip_requirements that can be installed here, or " + own
}

// scoreAll scores environment by environment, and puts the columns together at the
// end. It tells of all models that are wrong at once.
func (u uvScoring) scoreAll(ctx context.Context, environments []environment, uris []string, out string) error {
	if len(environments) == 1 {
		return explain(u.scoreIn(ctx, environments[0], out))
	}
	var parts []string
	var wrong *Error
	for i, e := range environments {
		part := filepath.Join(u.dir, fmt.Sprintf("scores-%d.csv", i))
		err := explain(u.scoreIn(ctx, e, part))
		var problem *Error
		switch {
		case err == nil:
			parts = append(parts, part)
		case !errors.As(err, &problem) || problem.Detail == "":
			return err
		case wrong == nil:
			wrong = problem
		default:
			wrong.Detail += "\n" + problem.Detail
		}
	}
	if wrong != nil {
		return wrong
	}
	return mergeScores(parts, uris, out)
}

// scoreIn runs the embedded scorer in the environment.
func (u uvScoring) scoreIn(ctx context.Context, e environment, out string) error {
	program := append([]string{"python"}, u.arguments(e.versions, out)...)
	return u.shell.run(ctx, scorerName, u.command(e, append(program, "--own-requirements")), u.env, 0)
}

// announce prints a line of our own between two commands. It begins with an
// ellipsis, so whatever a model's requirements say, it is no workflow command.
func (s Shell) announce(format string, args ...any) {
	// A log that cannot be written is found by the command that follows.
	_, _ = fmt.Fprintln(either[io.Writer](s.Out, io.Discard), clean("… "+fmt.Sprintf(format, args...)))
}

// versions names the versions at uris: v7 and v8.
func versions(uris []string) string {
	var names []string
	for _, uri := range uris {
		names = append(names, "v"+version(uri))
	}
	return strings.Join(names, " and ")
}

// version is what stands last in a model's URI, and names its column.
func version(uri string) string { return uri[strings.LastIndexByte(uri, '/')+1:] }

// distinct is the list without repetitions.
func distinct(list []string) (once []string) {
	for _, s := range list {
		if !slices.Contains(once, s) {
			once = append(once, s)
		}
	}
	return once
}
