package inputs

// check finds what is wrong between inputs that are each well formed: missing
// ones, and those that contradict each other. invalid holds the problems of
// the values themselves, about which nothing more is said.
func (in Inputs) check(invalid Problems) Problems {
	c := checker{in: in, broken: map[string]bool{}}
	for _, p := range invalid {
		c.broken[p.Input] = true
	}
	if _, known := in.Mode.info(); known {
		c.required()
		c.person()
		c.rehearsal()
		c.bake()
		c.scoring()
	}
	c.policy()
	c.github()
	c.aliases()
	return c.problems
}

type checker struct {
	in       Inputs
	broken   map[string]bool
	problems Problems
}

// required asks for what the mode cannot do without.
func (c *checker) required() {
	if c.in.Mode.UsesRegistry() {
		c.need("model-name", "the registered model's name; it is required")
		c.need("tracking-uri", "the MLflow server's URL; it is required (or set MLFLOW_TRACKING_URI)")
	}
	switch c.in.Mode {
	case ModeRun:
		if !c.has("challenger-version") {
			c.need("train-command", "the command that trains; it is required in mode run, unless challenger-version is given")
		}
	case ModeGate:
		if !c.has("attempt") {
			c.need("challenger-version", "the version to judge; mode gate needs it, or the attempt that registered it")
		}
	case ModePromote, ModeRelease:
		c.need("challenger-version", "the version to "+string(c.in.Mode)+"; it is required in this mode")
	case ModeJudge:
		if !c.has("evidence") {
			c.need("predictions", "what to judge: a file, folder or glob, or - for standard input; mode judge needs it, or evidence")
		}
	case ModeVerify:
		c.need("verify-url", "the URL at which the service reports its version; it is required in mode verify")
	}
}

// person asks for the reason of a decision that overrules the gate.
func (c *checker) person() {
	switch {
	case c.in.Mode == ModePromote:
		c.need("reason", "why this version is promoted by hand; it is required in mode promote")
	case c.in.Mode == ModeRelease && c.in.Override:
		c.need("reason", "why the quarantine is lifted against the gate; it is required with override")
	}
}

// rehearsed are the inputs that a rollback reads in a rehearsal alone.
var rehearsed = []string{
	"reload-url", "reload-token", "verify-url", "verify-timeout", "verify-token",
	"verify-model-pointer", "verify-alias-pointer", "verify-version-pointer",
}

// rehearsal asks for what a rehearsal cannot do without, and refuses flags that would
// do nothing in any other rollback.
func (c *checker) rehearsal() {
	if c.in.Mode != ModeRollback {
		return
	}
	if !c.in.Rehearse {
		if !c.broken["rehearse"] {
			c.unread(rehearsed, "a flag that a rollback reads; this one takes --rehearse")
		}
		return
	}
	c.need("verify-url", "the URL at which the service reports its version; a rehearsal needs it")
	switch {
	case !c.has("deploy-workflow"):
		c.need("reload-url", "how the service is made to load the champion; a rehearsal needs it, or deploy-workflow")
	case c.has("reload-url"):
		c.refuse("reload-url", c.in.ReloadURL, "one way to reload; deploy-workflow is given too ("+c.in.sourceOf("deploy-workflow").Where+")")
	}
	if c.has("rollback-to") {
		c.refuse("rollback-to", c.in.RollbackTo, "none in a rehearsal, which goes back to previous-alias")
	}
}

// scoring refuses two sources of numbers at once, and a standard input that
// the user's own commands could read too.
func (c *checker) scoring() {
	if !c.in.Mode.scores() && c.in.Mode != ModeJudge {
		return
	}
	if c.in.Mode.scores() {
		c.either("predictions", c.in.Predictions, "score-command", c.in.ScoreCommand)
		c.either("evidence", c.in.Evidence, "score-command", c.in.ScoreCommand)
		if c.in.Predictions == StandardInput {
			c.refuse("predictions", c.in.Predictions, "a file, folder or glob; only mode judge reads standard input")
		}
	}
	c.either("evidence", c.in.Evidence, "predictions", c.in.Predictions)
}

// either refuses an input where another one is given that takes its place.
func (c *checker) either(name, value, other, otherValue string) {
	if value != "" && otherValue != "" {
		at := c.in.sourceOf(other).Where
		c.refuse(name, value, "one source of scores; "+other+" is given too ("+at+")")
	}
}

// github asks for the token of what can only be done with one.
func (c *checker) github() {
	if c.has("github-token") || c.in.Emergency() { // the emergency exit goes on without, and says so
		return
	}
	if c.in.Mode.UsesRegistry() && c.in.State == StateVariable {
		c.need("github-token", "a token that may write repository variables; state: variable needs one (docs/state.md)")
	}
	if c.in.Mode == ModeNotify && !c.in.DryRun {
		c.need("github-token", "a token with contents: write; mode notify sends a repository_dispatch with it")
	}
	if c.in.DeployWorkflow != "" && c.in.Mode.Reads("deploy-workflow") {
		c.need("github-token", "a token with actions: write; deploy-workflow needs one")
	}
}

// aliases keeps the three roles apart: one alias for two of them would make
// every promotion undo itself.
func (c *checker) aliases() {
	roles := []struct{ name, alias string }{
		{"champion-alias", c.in.ChampionAlias}, {"previous-alias", c.in.PreviousAlias}, {"challenger-alias", c.in.ChallengerAlias},
	}
	for i, role := range roles {
		for _, other := range roles[:i] {
			if role.alias == "" || role.alias != other.alias {
				continue
			}
			at := c.in.sourceOf(other.name).Where
			c.refuse(role.name, role.alias, "an alias of its own; "+other.name+" is the same ("+at+")")
			break
		}
	}
}

// has says whether an input was given, well formed or not: a broken value has
// its own problem, and is not missing on top.
func (c *checker) has(name string) bool { return c.in.Given(name) || c.broken[name] }

// need reports an input that is missing.
func (c *checker) need(name, expected string) {
	if !c.has(name) {
		c.problems = append(c.problems, Problem{Input: name, Expected: expected})
	}
}

// refuse reports a value that is well formed and still cannot stand.
func (c *checker) refuse(name, value, expected string) {
	input, _ := lookup(name)
	c.problems = append(c.problems, input.invalid(value, c.in.sourceOf(name).Place, expected))
}
