package loop_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/org/ct-action/internal/promote"
)

// A registry is a model registry in memory that holds one model. It panics on
// what a loop has no business to ask, fails the test where the protocol's laws
// are broken, and changes under the loop's feet where a test says so: before a
// reading of the model, before a write, or after one. A write is named by its
// words, as promote.Move's String has them.
type registry struct {
	t     *testing.T
	clock *clock

	model           promote.Model // without a name: there is none
	versions        map[string]promote.Version
	attempts        map[string]string // version → attempt whose run registered it
	similar         []string
	runs, elsewhere []string                     // of the attempt, and what they registered under any name
	listing         error                        // of SimilarModels
	datasets        map[string][]promote.Dataset // run → what it logged

	atRead map[int]func() // before the nth reading of the model, from 1
	before map[string]func()
	after  map[string]func()
	faults map[string]fault

	emergency bool   // a rollback, which flips whatever journal stands
	foreign   string // journal of another run
	reads     int
	met       map[string]bool // faults
	wrote     []string        // what was carried out, in order
}

// A fault is what a write answers instead of being carried out. Where lands is
// set, it is carried out all the same, and shows from so many readings later.
type fault struct {
	err   error
	lands int
}

func newRegistry(t *testing.T, c *clock) *registry {
	r := &registry{
		t: t, clock: c,
		model: promote.Model{
			Name: "churn", Created: c.now.Add(-90 * day),
			Aliases: map[string]string{"champion": "7", "previous": "6"}, Tags: map[string]string{},
		},
		versions: map[string]promote.Version{}, attempts: map[string]string{},
		atRead: map[int]func(){}, before: map[string]func(){}, after: map[string]func(){}, faults: map[string]fault{}, met: map[string]bool{},
	}
	r.register("6", "")
	r.register("7", "")
	t.Cleanup(r.verify)
	return r
}

// verify fails the test for whatever it prepared and the loop never met.
func (r *registry) verify() {
	for n := range r.atRead {
		r.t.Errorf("reading %d of the model was prepared for and never came: there were %d", n, r.reads)
	}
	for _, words := range slices.Concat(slices.Collect(maps.Keys(r.before)), slices.Collect(maps.Keys(r.after))) {
		r.t.Errorf("%s: prepared for and never written", words)
	}
	for words := range r.faults {
		if !r.met[words] {
			r.t.Errorf("%s: a fault was prepared and never met", words)
		}
	}
}

// register adds a version that is READY.
func (r *registry) register(number, attempt string) {
	r.versions[number] = promote.Version{
		Number: number, RunID: "run-" + number, Status: "READY", Created: r.clock.now.Add(-10 * day), Tags: map[string]string{},
	}
	r.attempts[number] = attempt
}

// occupy leaves a journal of another run.
func (r *registry) occupy(operation promote.Operation, from, to string, age time.Duration) {
	j := promote.Journal{
		Operation: operation, From: from, To: to, Previous: r.model.Aliases["previous"],
		Decision: "another", Holder: "another", Time: r.clock.now.Add(-age), ModelCreated: r.model.Created.UnixMilli(),
	}
	if operation == promote.Rollback {
		j.Tags = map[string]string{promote.TagQuarantined: "true"}
	}
	text, err := j.Encode()
	if err != nil {
		panic(err)
	}
	r.foreign = text
	r.model.Tags[promote.TagJournal] = text
}

// held reports whether another run's journal stands that may still be alive.
func (r *registry) held() bool {
	if r.foreign == "" || r.model.Tags[promote.TagJournal] != r.foreign {
		return false
	}
	var j promote.Journal
	if err := json.Unmarshal([]byte(r.foreign), &j); err != nil {
		panic(err)
	}
	if j.Operation == promote.Rehearsal && r.emergency { // which waits once, however often it is renewed
		return false
	}
	return r.clock.now.Sub(j.Time) < lockTimeout
}

func (r *registry) own(name string) {
	if name != "churn" {
		panic("a loop for churn asks for " + name)
	}
}

func (r *registry) Registered(_ context.Context, attempt string) (runs, versions []string, err error) {
	if attempt == "" {
		panic("the runs of no attempt were asked for")
	}
	return r.runs, r.elsewhere, nil
}

func (r *registry) Model(ctx context.Context, name string) (promote.Model, error) {
	r.own(name)
	if ctx.Err() != nil {
		return promote.Model{}, ctx.Err()
	}
	r.reads++
	once(r.atRead, r.reads)
	if r.model.Name == "" {
		return promote.Model{}, promote.ErrNotFound
	}
	m := r.model
	m.Aliases, m.Tags, m.Date = maps.Clone(m.Aliases), maps.Clone(m.Tags), r.clock.now
	if all := r.above(0); len(all) > 0 {
		m.Latest = all[len(all)-1:]
	}
	return m, nil
}

func (r *registry) Version(ctx context.Context, name, version string) (promote.Version, error) {
	r.own(name)
	if version == "" {
		panic("a version without a number was asked for")
	}
	v, ok := r.versions[version]
	switch {
	case ctx.Err() != nil:
		return promote.Version{}, ctx.Err()
	case !ok:
		return promote.Version{}, fmt.Errorf("version %s: %w", version, promote.ErrNotFound)
	}
	v.Tags = maps.Clone(v.Tags)
	return v, nil
}

func (r *registry) Versions(ctx context.Context, name string, above int) ([]promote.Version, error) {
	r.own(name)
	return r.above(above), ctx.Err()
}

func (r *registry) AttemptVersions(ctx context.Context, name, attempt string, above int) ([]promote.Version, error) {
	r.own(name)
	if attempt == "" {
		panic("the versions of no attempt were asked for")
	}
	return slices.DeleteFunc(r.above(above), func(v promote.Version) bool { return r.attempts[v.Number] != attempt }), ctx.Err()
}

func (r *registry) above(n int) []promote.Version {
	var found []promote.Version
	for _, v := range r.versions {
		if v.Int() > n {
			v.Tags = maps.Clone(v.Tags)
			found = append(found, v)
		}
	}
	slices.SortFunc(found, func(a, b promote.Version) int { return a.Int() - b.Int() })
	return found
}

func (r *registry) Apply(ctx context.Context, name string, m promote.Move) error {
	r.own(name)
	words := m.String()
	once(r.before, words)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if f, ok := r.faults[words]; ok {
		r.met[words] = true
		if f.lands > 0 {
			r.atRead[r.reads+f.lands] = func() { r.carryOut(m) }
		}
		return fmt.Errorf("%s: %w", words, f.err)
	}
	if err := r.carryOut(m); err != nil {
		return err
	}
	once(r.after, words)
	return nil
}

// carryOut makes the move as the server would, and holds it to the laws.
func (r *registry) carryOut(m promote.Move) error {
	v, exists := r.versions[m.Version]
	if m.Version != "" && !exists {
		return fmt.Errorf("%s: %w", m, promote.ErrNotFound)
	}
	if r.model.Name == "" {
		panic(m.String() + ", which does not exist")
	}
	r.wrote = append(r.wrote, m.String())
	switch m.Kind {
	case promote.SetAlias:
		if m.Alias == "champion" {
			r.serve(v)
		}
		r.model.Aliases[m.Alias] = m.Version
	case promote.SetVersionTag:
		v.Tags[m.Key] = m.Value
	case promote.SetModelTag:
		if m.Key == promote.TagJournal && r.held() {
			r.t.Errorf("%s: over the journal of another run that may be alive", m)
		}
		r.model.Tags[m.Key] = m.Value
	default:
		panic(fmt.Sprintf("a move of kind %d", m.Kind))
	}
	return nil
}

func (r *registry) serve(v promote.Version) {
	if !v.Ready() || v.Quarantined() {
		r.t.Errorf("@champion was set to v%s, which is %s with tags %v", v.Number, v.Status, v.Tags)
	}
	if r.held() && !r.emergency {
		r.t.Errorf("@champion was set to v%s under the journal of another run that may be alive", v.Number)
	}
}

func (r *registry) Request(model string, m promote.Move) string { return model + ": " + m.String() }

func (r *registry) SimilarModels(_ context.Context, name string) ([]string, error) {
	r.own(name)
	return r.similar, r.listing
}

func (r *registry) VersionURL(name, version string) string {
	return "https://mlflow.example/" + name + "/" + version
}

func (r *registry) RunURL(run string) string { return "https://mlflow.example/runs/" + run }

// once calls a hook and forgets it.
func once[K comparable](hooks map[K]func(), key K) {
	if hook, ok := hooks[key]; ok {
		delete(hooks, key)
		hook()
	}
}

func (r *registry) Datasets(_ context.Context, run string) ([]promote.Dataset, error) {
	return r.datasets[run], nil
}
