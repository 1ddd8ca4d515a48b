"""The module that both flows share, against processes and servers."""

import pickle
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import ct_action
from conftest import BINARY, Ear, free_port


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ct_action.Project:
    monkeypatch.setenv("CT_ACTION", str(BINARY))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github/ct.yml").write_text("model-name: churn\n")
    return ct_action.Project(str(tmp_path), "http://127.0.0.1:1")


def test_mlflow_down(project: ct_action.Project) -> None:
    log: list[str] = []
    with pytest.raises(ct_action.Failed, match="^ct-action trigger: reading registered model churn: .*connection refused") as failed:
        ct_action.trigger(project, "a1", False, log.append)
    assert failed.value.retry
    assert "hint: no server listens there" in "\n".join(log)


def test_inputs_invalid(project: ct_action.Project) -> None:
    with pytest.raises(ct_action.Failed, match="^ct-action gate: .*attempt") as failed:
        ct_action.gate(project, "no blanks here", print)
    assert not failed.value.retry


def test_a_decision_of_another_run_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / ".ct/churn"
    old.mkdir(parents=True)
    (old / "decision.json").write_text('{"error": {"text": "of yesterday"}}')
    binary = tmp_path / "ct-action"
    binary.write_text("#!/bin/sh\necho the last word\nexit 137\n")
    binary.chmod(0o755)
    monkeypatch.setenv("CT_ACTION", str(binary))
    with pytest.raises(ct_action.Failed, match="^ct-action gate: exit status 137: the last word$") as failed:
        ct_action.run("gate", root=str(tmp_path), log=print)
    assert not failed.value.moved


def test_outputs() -> None:
    text = "promoted=true\nreasons<<ct-1\n[\n promoted=false\n]\nct-1\noutcome<<ct-2\npromoted\nct-2\nempty=\nurl=http://a?b<<c\n"
    assert ct_action.parse_outputs(text) == {
        "promoted": "true",
        "reasons": "[\n promoted=false\n]",
        "outcome": "promoted",
        "empty": "",
        "url": "http://a?b<<c",
    }


def test_attempt_ids() -> None:
    assert ct_action.attempt_id("airflow", "ct_churn", "20260101T000000") == "airflow/ct_churn/20260101T000000"
    assert ct_action.attempt_id("a b") != ct_action.attempt_id("a-b")
    long = ct_action.attempt_id("airflow", "x" * 200, "1"), ct_action.attempt_id("airflow", "x" * 200, "2")
    assert long[0] != long[1] and {len(id_) for id_ in long} == {100}


def test_a_failure_reaches_another_process() -> None:
    err = pickle.loads(pickle.dumps(ct_action.Failed("text", retry=False, moved=True)))
    assert (str(err), err.retry, err.moved) == ("text", False, True)


def test_foreign_text_is_one_line() -> None:
    assert ct_action.one_line("a\r\n\x1b[31mb\u2028c\td") == "a [31mb c d"
    assert len(ct_action.one_line("x" * 1000)) == ct_action.LONGEST_LINE


def test_projects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CT_PROJECTS", '{"churn": {"root": "/opt/churn", "service": "http://s", "train": ["t.py", "--fast"]}}')
    assert ct_action.projects()["churn"].train == ("t.py", "--fast")
    for bad in ("nonsense", "[1]", '{"churn": {"rot": "/"}}', '{"churn": 3}'):
        monkeypatch.setenv("CT_PROJECTS", bad)
        with pytest.raises(ct_action.Failed, match="^reading CT_PROJECTS: "):
            ct_action.projects()


def test_the_token_goes_to_the_service_alone(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Ear()
    monkeypatch.setenv("SERVICE_TOKEN", "letmein")
    ear.answers = [(302, other.url)]
    with pytest.raises(ct_action.Failed, match="HTTP 302") as failed:
        ct_action.deploy(ct_action.Project(".", ear.url), print)
    other.server.shutdown()
    assert ear.heard == [("/reload", "", "Bearer letmein")]
    assert other.heard == []
    assert "letmein" not in str(failed.value)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "nonsense", "http://a b"])
def test_no_service(address: str) -> None:
    with pytest.raises(ct_action.Failed, match="^POST "):
        ct_action.deploy(ct_action.Project(".", address), print)


def test_an_alert_that_does_not_arrive_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_URL", "http://127.0.0.1:1")
    log: list[str] = []
    ct_action.alert("v2 flagged", log.append)
    assert log[0] == "ALERT v2 flagged" and "was not taken" in log[1]


def test_a_cancelled_task_lets_the_command_finish(tmp_path: Path) -> None:
    """The task's process gets a SIGTERM, as from Airflow; the command is asked to end, and waited for."""
    command = f"trap 'sleep 0.3; touch {tmp_path}/undone; exit 143' TERM; echo ready; while :; do sleep 0.05; done"
    script = (
        "import signal, sys, ct_action\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\n"
        f"ct_action.stream(['bash', '-c', {command!r}], '.', {{}}, lambda line: print(line, flush=True))"
    )
    folder = str(Path(ct_action.__file__).parent)
    task = subprocess.Popen([sys.executable, "-c", script], cwd=folder, stdout=subprocess.PIPE, text=True)
    assert task.stdout and task.stdout.readline() == "ready\n"
    task.send_signal(signal.SIGTERM)
    assert task.wait(timeout=60) == 9
    assert (tmp_path / "undone").exists()
