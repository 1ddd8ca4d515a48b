"""How the loop may go, the same for every orchestrator: what its steps answer, and what must come of it."""

from dataclasses import dataclass, field
from typing import Any

QUIET, PROMOTED, FLAGGED, FAILED, ROLLED_BACK = "quiet", "promoted", "flagged", "failed", "rolled back"

FIRED = {"outputs": {"outcome": "triggered", "retrain": "true", "reasons": "[]", "run-context": "{}"}, "document": {"model": "churn"}}
NOTHING = {"outputs": {"outcome": "skipped", "retrain": "false"}, "document": {"model": "churn"}}
DOWN = {
    "exit": 1,
    "outputs": {"outcome": "failed"},
    "document": {"error": {"text": "reading the registry: connection refused\nhint: no server listens there"}},
}
INVALID = {"exit": 2, "outputs": {"outcome": "invalid"}, "document": {"error": {"text": "1 input is invalid"}}}
PROMOTES = {"outputs": {"outcome": "promoted", "promoted": "true"}, "document": {"error": None, "champion_version": "2"}}
FAILS_AFTER = {"exit": 1, "outputs": {"outcome": "failed", "promoted": "true"}, "document": DOWN["document"]}
ROLLS_BACK = {"outputs": {"outcome": "rolled-back", "promoted": "false"}, "document": {"error": None, "champion_version": "1"}}


def flags(champion: str) -> dict[str, Any]:
    """The challenger v2 is flagged."""
    checks = [{"text": "AUC gate: 0.8363 < 0.8363 + 0.005", "status": "failed", "dry_run": False}]
    versions = {"champion": {"version": champion}, "challenger": {"version": "2"}}
    return {
        "exit": 3,
        "outputs": {"outcome": "flagged", "promoted": "false"},
        "document": {"error": None, "checks": checks, **versions},
    }


@dataclass
class Case:
    name: str
    steps: dict[str, list[dict[str, Any]]]
    calls: str  # every step that was called, in order; gate*3 is one that was called three times
    ends: str
    alert: str = ""  # in the one alert; none where empty
    service: list[tuple[int, str]] = field(default_factory=lambda: [(200, '{"version": "2"}')])
    binary: bool = True


WHOLE = "trigger train gate reload verify"
GOOD = {"trigger": [FIRED], "gate": [PROMOTES], "verify": [PROMOTES]}

CASES = [
    Case("quiet", {"trigger": [NOTHING]}, "trigger", QUIET),
    Case("promoted", GOOD, WHOLE, PROMOTED),
    Case("flagged", {**GOOD, "gate": [flags("1")]}, "trigger train gate", FLAGGED, "v2 flagged: AUC gate"),
    Case("rollback finished", {**GOOD, "gate": [ROLLS_BACK]}, WHOLE, ROLLED_BACK),
    Case("trigger down once", {**GOOD, "trigger": [DOWN, FIRED]}, "trigger*2 train gate reload verify", PROMOTED),
    Case("trigger down", {"trigger": [DOWN]}, "trigger*3", FAILED, "ct-action trigger: reading the registry: connection refused"),
    Case("inputs invalid", {"trigger": [INVALID]}, "trigger", FAILED, "1 input is invalid"),
    Case("no binary", GOOD, "", FAILED, "starting /nowhere/ct-action", binary=False),
    Case("training fails once", {**GOOD, "train": [{"exit": 1}, {}]}, "trigger train*2 gate reload verify", PROMOTED),
    Case("training fails", {**GOOD, "train": [{"exit": 9}]}, "trigger train*3", FAILED, "exit status 9: the words of train"),
    Case("gate down", {**GOOD, "gate": [DOWN]}, "trigger train gate*3", FAILED, "ct-action gate: reading the registry"),
    Case("gate invalid", {**GOOD, "gate": [INVALID]}, "trigger train gate", FAILED, "1 input is invalid"),
    # What fails after the flip leaves a champion to serve.
    Case("gate fails after the flip", {**GOOD, "gate": [FAILS_AFTER]}, "trigger train gate*3 reload verify", FAILED, "ct-action gate"),
    Case("gate recovers", {**GOOD, "gate": [FAILS_AFTER, PROMOTES]}, "trigger train gate*2 reload verify", PROMOTED),
    # The process was killed after the flip: the next one meets its own challenger.
    Case("gate lost", {**GOOD, "gate": [{"exit": 137}, flags("2")]}, "trigger train gate*2 reload verify", PROMOTED),
    Case("service down once", GOOD, "trigger train gate reload*2 verify", PROMOTED, service=[(503, ""), (200, '{"version": 2}')]),
    Case("service down", GOOD, "trigger train gate reload*3", FAILED, "HTTP 503: no model", service=[(503, "no\nmodel")]),
    Case("service refuses", GOOD, "trigger train gate reload", FAILED, "HTTP 401", service=[(401, "who?")]),
    Case("nonsense", GOOD, "trigger train gate reload*3", FAILED, "no model-info: <html> hello", service=[(200, "<html>\nhello")]),
    Case("not verified", {**GOOD, "verify": [DOWN]}, "trigger train gate reload verify*3", FAILED, "ct-action verify"),
]
