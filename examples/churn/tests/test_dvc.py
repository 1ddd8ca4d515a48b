"""Holdout and windows under DVC: what DVC locks is what the gate locks.

The repository is a copy of the example that follows the README; DVC, git, MLflow
and ct-action are the real ones.
"""

import hashlib
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import mlflow
import pytest

pytest.importorskip("dvc")

ROOT = Path(__file__).resolve().parent.parent
TABLES = ["data/holdout.csv", "data/window-fresh.csv", "data/window-old.csv"]
PARTS = ["data", "src", ".github", ".dvc", ".dvcignore", "dvc.yaml", "dvc.lock", "params.yaml"]


def environment(**more: str) -> dict[str, str]:
    """No variable of a surrounding job, and nobody's git configuration."""
    job = ("GITHUB_", "INPUT_", "MLFLOW_", "CT_", "DVC_", "GIT_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(job)}
    who = {f"GIT_{role}_{what}": "churn@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**kept, **who, "PATH": path, "GIT_CONFIG_GLOBAL": os.devnull, "DVC_NO_ANALYTICS": "true", **more}


def sh(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{shlex.join(command)}: {done.stdout}{done.stderr}"
    return done.stdout


def dvc(folder: Path, *arguments: str) -> str:
    return sh(folder, sys.executable, "-m", "dvc", *arguments)


def digest(file: Path, kind: str = "sha256") -> str:
    return hashlib.new(kind, file.read_bytes()).hexdigest()


def locked(folder: Path) -> dict[str, str]:
    """The MD5 of each path in dvc.lock."""
    return dict(re.findall(r"path: (\S+)\n\s+hash: md5\n\s+md5: (\w+)", (folder / "dvc.lock").read_text()))


def commands_of_readme() -> list[list[str]]:
    """The indented lines of "Data under DVC" that set DVC up."""
    section = (ROOT / "README.md").read_text().split("## Data under DVC")[1].split("\n## ")[0]
    return [shlex.split(line) for line in section.splitlines() if line.startswith(("    git ", "    dvc "))]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that did what the README says, in a folder that has its remote beside it."""
    home = tmp_path_factory.mktemp("dvc")
    project = home / "project"
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        (project / part).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / part, project / part)
    for local in ("tmp", "cache"):
        shutil.rmtree(project / ".dvc" / local, ignore_errors=True)
    sh(project, "git", "init", "-q", "-b", "main")
    sh(project, "git", "add", "-A")
    sh(project, "git", "commit", "-qm", "as it is in the example")
    for command in commands_of_readme():
        sh(project, *command)
    return home


def clone(home: Path, name: str) -> Path:
    sh(home, "git", "clone", "-q", "project", name)
    return home / name


def test_the_lock_is_that_of_the_tables():
    found = locked(ROOT)
    assert set(TABLES) <= set(found)
    assert {name: digest(ROOT / name, "md5") for name in found} == found


def test_the_workflow_pulls_with_the_dvc_of_the_lock():
    [version] = re.findall(r"^dvc==(\S+)", (ROOT / "requirements-system.txt").read_text(), re.MULTILINE)
    assert f"pipx run dvc=={version} pull" in (ROOT / "README.md").read_text()


def test_a_clone_pulls_the_same_bytes(home):
    fresh = clone(home, "fresh")
    assert not any((fresh / name).exists() for name in TABLES)
    dvc(fresh, "pull")
    assert [digest(fresh / name) for name in TABLES] == [digest(ROOT / name) for name in TABLES]
    assert "up to date" in dvc(fresh, "status")
    assert sh(fresh, "git", "status", "--short") == ""


def test_the_readme_leaves_a_clean_repository_and_the_lock_as_it_was(home):
    assert sh(home / "project", "git", "status", "--short") == ""
    assert locked(home / "project") == locked(ROOT)
    assert not set(TABLES) & set(sh(home / "project", "git", "ls-files").split())


def test_a_holdout_of_all_customers_is_refused(home):
    project = clone(home, "greedy")
    params = project / "params.yaml"
    params.write_text(params.read_text().replace("2000", "7043"))
    done = subprocess.run([sys.executable, "-m", "dvc", "repro"], cwd=project, env=environment(), capture_output=True, text=True)
    assert done.returncode != 0 and "--holdout-rows: expected 1 to 7042" in done.stderr


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    """An MLflow server of its own; yields its address."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "artifacts")]
    with (folder / "log").open("w") as out:
        process = subprocess.Popen(
            command,
            env=environment(MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false", MLFLOW_DISABLE_TELEMETRY="true"),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 300
        while True:
            try:
                urllib.request.urlopen(f"{url}/health", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.2)
        yield url
    finally:
        os.killpg(process.pid, 15)
        process.wait(timeout=30)


# Each version knows something that the one before it did not, but for the second.
SCORE = """
import csv, os
version = int(os.environ["CT_MODEL_VERSION"])
with open(os.environ["CT_HOLDOUT"], newline="") as f, open(os.environ["CT_SCORES"], "w") as out:
    print("score", file=out)
    for row in csv.DictReader(f):
        score = 0.3 + float(row["monthly_charges"]) / 1000
        if version > 2:
            score -= float(row["tenure"]) / 500
        if version > 3:
            score += 0.2 * (row["contract"] == "Month-to-month")
        print(score, file=out)
"""


@pytest.fixture
def gate(home: Path, server: str, ct_action: str):
    """Judges a version against the champion, at first version 1, on the holdout of a clone."""
    project = clone(home, "judged")
    dvc(project, "pull")
    (home / "score.py").write_text(SCORE)
    registry = mlflow.MlflowClient(server, server)
    registry.create_registered_model("churn-classifier")
    run = registry.create_run(registry.create_experiment("churn")).info
    for _ in range(4):
        registry.create_model_version("churn-classifier", f"{run.artifact_uri}/model", run.run_id)
    registry.set_registered_model_alias("churn-classifier", "champion", "1")

    def judge(version: int, *more: str) -> tuple[int, dict[str, str], dict]:
        """Returns the exit status, the checks that failed with what they say, and the holdout that was read."""
        command = [ct_action, "gate", "--challenger-version", str(version), "--cooldown-days", "0"]
        command += ["--score-command", f"python {shlex.quote(str(home / 'score.py'))}", "--max-brier-increase", "1", *more]
        done = subprocess.run(
            command, cwd=project, env=environment(MLFLOW_TRACKING_URI=server), capture_output=True, text=True, check=False
        )
        document = project / ".ct" / "churn-classifier" / "decision.json"
        assert document.exists(), done.stdout + done.stderr
        decision = json.loads(document.read_text())
        failed = {c["name"]: c["text"] for c in decision["checks"] if c["status"] != "passed"}
        return done.returncode, failed, decision["holdout"]

    return project, judge


def test_another_holdout_is_refused_until_it_is_taken_back_or_accepted(gate):
    project, judge = gate
    holdout, params = project / "data" / "holdout.csv", project / "params.yaml"
    of_record = params.read_text()

    status, failed, read = judge(2)  # no better than version 1: what it leaves is the record of the holdout
    assert status == 3 and set(failed) == {"auc"}
    assert read["sha256"] == digest(holdout) and locked(project)["data/holdout.csv"] == digest(holdout, "md5")

    params.write_text(of_record.replace("churn-2019", "churn-2020"))
    dvc(project, "repro")
    another = digest(holdout)
    assert another != read["sha256"] and locked(project)["data/holdout.csv"] == digest(holdout, "md5")
    status, failed, _ = judge(3)  # better, yet
    assert status == 3 and set(failed) == {"holdout"}
    assert f"accepted with holdout-sha256: {another}" in failed["holdout"]

    sh(project, "git", "checkout", "-q", "HEAD", "--", "params.yaml", "dvc.lock")
    dvc(project, "checkout")
    status, failed, restored = judge(3)
    assert (status, failed) == (0, {}) and restored["sha256"] == read["sha256"]

    params.write_text(of_record.replace("churn-2019", "churn-2020"))
    dvc(project, "repro")
    status, failed, _ = judge(4)
    assert status == 3 and set(failed) == {"holdout"}
    status, failed, accepted = judge(4, "--holdout-sha256", another)
    assert (status, failed) == (0, {}) and accepted["sha256"] == another
