"""The flow on Prefect's own server, with a database of its own."""

import logging
from collections.abc import Iterator

import pytest
from prefect import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.states import State
from prefect.testing.utilities import prefect_test_harness

import ct_action
import flow
from cases import CASES, FAILED, FLAGGED, PROMOTED, QUIET, ROLLED_BACK, Case
from conftest import Ear, Stage, World, on_stage

STATES = {
    QUIET: ("COMPLETED", "Quiet"),
    PROMOTED: ("COMPLETED", "Promoted"),
    FLAGGED: ("COMPLETED", "Flagged"),
    ROLLED_BACK: ("COMPLETED", "Rolled back"),
    FAILED: ("FAILED", "Failed"),
}


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=300):
        with get_client(sync_client=True) as client:
            for name in ("churn", "loans"):
                client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=f"ct-{name}", limit=1))
        yield


def ended(state: State) -> tuple[str, str]:
    return state.type.value, state.name or ""


def play(**parameters: object) -> State:
    return flow.continuous_training("churn", return_state=True, **parameters)


@pytest.mark.parametrize(("stage", "case"), [(c, c) for c in CASES], indirect=["stage"], ids=[c.name for c in CASES])
def test_case(stage: Stage, case: Case, alerts: Ear) -> None:
    state = play()
    assert ended(state) == STATES[case.ends]
    assert " ".join(stage.calls()) == case.calls
    assert len(alerts.heard) == (1 if case.alert else 0)
    assert case.alert in (alerts.heard[0][1] if alerts.heard else "")
    assert "\n" not in (state.message or "")
    if case.alert:
        assert case.alert in (state.message or "")


@pytest.mark.parametrize("stage", [next(c for c in CASES if c.name == "flagged")], indirect=True)
def test_a_flag_of_one_model_lets_the_other_deploy(stage, tmp_path, ear, monkeypatch) -> None:
    other = Stage(tmp_path / "loans", next(c for c in CASES if c.name == "promoted"), ear)
    on_stage(monkeypatch, {"churn": stage.project, "loans": other.project})
    state = flow.all_models(return_state=True)
    assert (ended(state), state.message) == (("COMPLETED", "Completed"), "churn: Flagged, loans: Promoted")
    assert other.calls() == "trigger train gate reload verify".split()


@pytest.mark.parametrize("stage", [CASES[0]], indirect=True)
def test_without_its_limit_a_flow_does_not_start(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    on_stage(monkeypatch, {"unlimited": stage.project})
    state = flow.continuous_training("unlimited", return_state=True)
    assert (ended(state), stage.calls()) == (("FAILED", "Failed"), [])
    assert "ct-unlimited" in (state.message or "")


def test_real(world: World, alerts: Ear, caplog: pytest.LogCaptureFixture) -> None:
    """Late runs promote once, an attempt trains once, a flag leaves the service as it is."""
    assert [ended(play(attempt=f"late-{day}"))[1] for day in (1, 2, 3)] == ["Promoted", "Quiet", "Quiet"]
    assert (world.champion(), world.served(), world.versions()) == ("2", "2", 2)

    with caplog.at_level(logging.INFO):
        again = play(attempt="late-1", force=True)
    assert ended(again)[1] == "Promoted"
    assert "nothing is trained" in caplog.text
    assert (world.champion(), world.served(), world.versions()) == ("2", "2", 2)
    assert alerts.heard == []

    flagged = play(force=True)
    assert ended(flagged) == STATES[FLAGGED]
    assert "cooldown" in (flagged.message or "")
    assert (world.champion(), world.served(), world.versions()) == ("2", "2", 3)
    assert len(alerts.heard) == 1
