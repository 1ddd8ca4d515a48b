package inputs

import "strings"

// check finds what is wrong between inputs that are each well formed: missing
// ones, and those that contradict each other. invalid holds the problems of
// the values themselves, about which nothing more is said.
func (in Inputs) check(invalid Problems) Problems {
	c := checker{in: in, broken: map[string]bool{}}
	for _, p := range invalid {
		c.broken[p.Input] = true
	}
	if c.mode() {
		c.required()
		c.person()
		c.scoring()
	}
	c.github()
	c.aliases()
	return c.problems
}

type checker struct {
	in       Inputs
	broken   map[string]bool
	problems Problems
}

// mode refuses what this release does not carry out; false means that the
// checks which depend on the mode have no ground.
func (c *checker) mode() bool {
	info, known := c.in.Mode.info()
	if known && !info.Available {
		available := modeNames(func(m ModeInfo) bool { return m.Available })
		c.refuse("mode", string(info.Mode), "a mode that this release has: mode "+string(info.Mode)+
			" is not part of this release; available: "+available)
	}
	return known && info.Available
}

// required asks for what the mode cannot do without.
func (c *checker) required() {
	if c.in.Mode != ModeNotify {
		c.need("model-name", "the registered model's name; it is required")
	}
	if c.in.Mode.usesRegistry() {
		c.need("tracking-uri", "the MLflow server's URL; it is required (or set MLFLOW_TRACKING_URI)")
	}
	switch c.in.Mode {
	case ModeRun:
		if !c.has("challenger-version") && !c.in.DryRun {
			c.need("train-command", "the command that trains; it is required in mode run, unless challenger-version or dry-run is given")
		}
	case ModeGate:
		if !c.has("attempt") {
			c.need("challenger-version", "the version to judge; mode gate needs it, or the attempt that registered it")
		}
	case ModePromote, ModeRelease:
		c.need("challenger-version", "the version to "+string(c.in.Mode)+"; it is required in this mode")
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

// scoring refuses two ways to score at once.
func (c *checker) scoring() {
	if c.in.Mode.scores() && c.in.ScoreCommand != "" && c.in.Predictions != "" {
		other := c.in.Source("score-command").Where
		c.refuse("predictions", c.in.Predictions, "either predictions or score-command (given by "+other+"), not both")
	}
}

// github asks for the token of what can only be done with one.
func (c *checker) github() {
	if c.has("github-token") || c.in.Mode == ModeRollback { // the emergency exit goes on without, and says so
		return
	}
	if c.in.Mode.usesRegistry() && c.in.State == StateVariable {
		c.need("github-token", "a token that may write repository variables; state: variable needs one (docs/state.md)")
	}
	if c.in.Mode == ModeNotify && !c.in.DryRun {
		c.need("github-token", "a token with contents: write; mode notify sends a repository_dispatch with it")
	}
	if deploy, _ := lookup("deploy-workflow"); c.in.DeployWorkflow != "" && deploy.ReadBy(c.in.Mode) && !c.in.DryRun {
		c.need("github-token", "a token with actions: write; deploy-workflow needs one")
	}
}

// aliases keeps the three roles apart: one alias for two of them would make
// every promotion undo itself.
func (c *checker) aliases() {
	roles := []struct{ name, alias string }{
		{"champion-alias", c.in.ChampionAlias},
		{"previous-alias", c.in.PreviousAlias},
		{"challenger-alias", c.in.ChallengerAlias},
	}
	for i, role := range roles {
		for _, other := range roles[:i] {
			if role.alias == "" || role.alias != other.alias {
				continue
			}
			at := c.in.Source(other.name).Where
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
	c.problems = append(c.problems, input.invalid(value, c.in.Source(name), strings.TrimSpace(expected)))
}
