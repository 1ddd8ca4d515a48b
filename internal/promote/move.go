package promote

import (
	"fmt"
	"maps"

	"github.com/org/ct-action/internal/state"
)

// A MoveKind says which single write a Move is. The zero value writes nothing.
type MoveKind int

const (
	NoMove        MoveKind = iota
	SetAlias               // Alias := Version
	SetVersionTag          // the Version's tag Key := Value
	SetModelTag            // the registered model's tag Key := Value; a blank one is none
)

// A Move is one write to the registry. It is idempotent: carried out twice it leaves
// what it leaves when carried out once. No move deletes: a proxy before MLflow may
// refuse DELETE or drop its body, and under MLflow's basic auth deleting an alias or
// a version tag needs MANAGE, while setting them needs only EDIT.
type Move struct {
	Kind    MoveKind
	Alias   string
	Version string
	Key     string
	Value   string
}

// String is the move in words, for errors and for the dry run's plan.
func (m Move) String() string {
	switch m.Kind {
	case SetAlias:
		return fmt.Sprintf("setting alias %s to version %s", m.Alias, m.Version)
	case SetVersionTag:
		return fmt.Sprintf("setting tag %s of version %s", m.Key, m.Version)
	case SetModelTag:
		doing := "setting"
		if m.Value == "" {
			doing = "clearing"
		}
		return fmt.Sprintf("%s tag %s of the registered model", doing, m.Key)
	}
	return "writing nothing"
}

// Record is the write of the registered model's record; an error means that it
// would be too long.
func Record(s state.State) (Move, error) {
	text, err := s.Encode()
	return Move{Kind: SetModelTag, Key: TagState, Value: text}, err
}

// endJournal is the write that ends an operation: every release reads a blank
// journal as none.
func endJournal() Move { return Move{Kind: SetModelTag, Key: TagJournal} }

// EndsJournal reports whether the move ends an operation.
func (m Move) EndsJournal() bool { return m == endJournal() }

// Seen reports whether a new reading shows that the move was carried out, which
// settles an unknown outcome. v is the version that the move names, and is looked
// at only for SetVersionTag.
func (m Move) Seen(model Model, v Version) bool {
	switch m.Kind {
	case SetAlias:
		return model.Aliases[m.Alias] == m.Version
	case SetVersionTag:
		return v.Number == m.Version && v.Tags[m.Key] == m.Value
	case SetModelTag:
		return model.Tags[m.Key] == m.Value
	}
	return true
}

// Applied is the model as it is once the move has been carried out.
func (m Move) Applied(model Model) Model {
	switch m.Kind {
	case SetAlias:
		model.Aliases = with(model.Aliases, m.Alias, m.Version)
	case SetModelTag:
		model.Tags = with(model.Tags, m.Key, m.Value)
	}
	return model
}

// with is a copy of the map with one key set.
func with(table map[string]string, key, value string) map[string]string {
	changed := make(map[string]string, len(table)+1)
	maps.Copy(changed, table)
	changed[key] = value
	return changed
}
