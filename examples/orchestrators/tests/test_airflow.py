"""The DAG by dag.test() on an SQLite database of its own."""

import subprocess
import sys
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import Any

import pytest

import ct_action
import dag as loop
from cases import CASES, FAILED, FLAGGED, PROMOTED, QUIET, ROLLED_BACK, Case
from conftest import Ear, Stage, World, on_stage

# The state of the run, and the states of gate, deploy and verify.
STATES = {
    QUIET: "success: skipped skipped skipped",
    PROMOTED: "success: success success success",
    FLAGGED: "success: skipped skipped skipped",
    ROLLED_BACK: "success: success success success",
}

DAYS = (datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(days=n) for n in count())


@pytest.fixture(scope="module", autouse=True)
def database() -> None:
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True, capture_output=True)


def play(project: ct_action.Project, day: datetime | None = None, force: bool = False, name: str = "churn") -> Any:
    dag = loop.continuous_training(name, project)
    return dag.test(logical_date=day or next(DAYS), run_conf={"force": force})


def states(run: Any) -> dict[str, str]:
    return {ti.task_id: str(ti.state) for ti in run.get_task_instances()}


def told(run: Any) -> str:
    got = states(run)
    return f"{run.state}: " + " ".join(got[task] for task in ("gate", "deploy", "verify"))


@pytest.mark.parametrize(("stage", "case"), [(c, c) for c in CASES], indirect=["stage"], ids=[c.name for c in CASES])
def test_case(stage: Stage, case: Case, alerts: Ear) -> None:
    run = play(stage.project)
    if case.ends == FAILED:
        assert str(run.state) == "failed"
        assert states(run)["watcher"] == "failed"
    else:
        assert told(run) == STATES[case.ends]
    assert " ".join(stage.calls()) == case.calls
    assert len(alerts.heard) == (1 if case.alert else 0)
    assert case.alert in (alerts.heard[0][1] if alerts.heard else "")


@pytest.mark.parametrize("stage", [next(c for c in CASES if c.name == "flagged")], indirect=True)
def test_a_flag_of_one_model_lets_the_other_deploy(stage, tmp_path, ear, monkeypatch) -> None:
    other = Stage(tmp_path / "loans", next(c for c in CASES if c.name == "promoted"), ear)
    on_stage(monkeypatch, {"churn": stage.project, "loans": other.project})
    assert told(play(stage.project)) == STATES[FLAGGED]
    assert told(play(other.project, name="loans")) == STATES[PROMOTED]
    assert other.calls() == "trigger train gate reload verify".split()


@pytest.mark.parametrize("stage", [CASES[0]], indirect=True)
def test_one_run_at_a_time(stage: Stage) -> None:
    dag = loop.continuous_training("churn", stage.project)
    assert (dag.max_active_runs, dag.catchup) == (1, False)
    assert {t.max_active_tis_per_dag for t in dag.tasks} == {1}


def test_real(world: World, alerts: Ear, capfd: pytest.CaptureFixture[str]) -> None:
    """A backfill promotes once, an attempt trains once, a flag leaves the service as it is."""
    days = [next(DAYS) for _ in range(3)]
    runs = [told(play(world.project, day)) for day in days]
    assert runs == [STATES[PROMOTED], STATES[QUIET], STATES[QUIET]]
    assert (world.champion(), world.served(), world.versions()) == ("2", "2", 2)

    capfd.readouterr()
    assert told(play(world.project, days[0], force=True)) == STATES[PROMOTED]
    assert "nothing is trained" in capfd.readouterr().out
    assert (world.champion(), world.served(), world.versions()) == ("2", "2", 2)
    assert alerts.heard == []

    assert told(play(world.project, force=True)) == STATES[FLAGGED]
    assert (world.champion(), world.served(), world.versions()) == ("2", "2", 3)
    assert len(alerts.heard) == 1
    assert "cooldown" in alerts.heard[0][1]
