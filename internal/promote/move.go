package promote

import (
	"fmt"
	"maps"
)

// A MoveKind says which single write a Move is. The zero value writes nothing.
type MoveKind int

const (
	NoMove         MoveKind = iota
	SetAlias                // Alias := Version
	SetVersionTag           // the Version's tag Key := Value
	SetModelTag             // the registered model's tag Key := Value
	DeleteModelTag          // the registered model's tag Key is removed
)

// A Move is one write to the registry, idempotent by nature: carried out twice
// it leaves what it leaves when carried out once. The protocol uses no other
// kinds: under MLflow's basic auth, deleting an alias or a version tag needs
// MANAGE, while these four need only EDIT.
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
		return fmt.Sprintf("setting tag %s of the registered model", m.Key)
	case DeleteModelTag:
		return fmt.Sprintf("deleting tag %s of the registered model", m.Key)
	}
	return "writing nothing"
}

// Seen reports whether a fresh reading shows the move carried out: how an
// unknown outcome is learnt. v is the version that the move names, and is
// looked at only for SetVersionTag.
func (m Move) Seen(model Model, v Version) bool {
	switch m.Kind {
	case SetAlias:
		return model.Aliases[m.Alias] == m.Version
	case SetVersionTag:
		return v.Number == m.Version && v.Tags[m.Key] == m.Value
	case SetModelTag:
		return model.Tags[m.Key] == m.Value
	case DeleteModelTag:
		return model.Tags[m.Key] == ""
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
	case DeleteModelTag:
		model.Tags = with(model.Tags, m.Key, "")
	}
	return model
}

// with is a copy of the map with one key set; an empty value removes it.
func with(table map[string]string, key, value string) map[string]string {
	changed := make(map[string]string, len(table)+1)
	maps.Copy(changed, table)
	if value == "" {
		delete(changed, key)
		return changed
	}
	changed[key] = value
	return changed
}
