"""What the tests of both orchestrators run against.

`stage` is quick: a ct-action, a training and a service that do as a case says, and
note that they were called. `world` is real: the built binary, an MLflow server, the
training and the service of examples/churn, on a registered model of its own.
CT_TEST_PYTHON is the interpreter that has what these need.
"""

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

# Both packages read their settings while they are imported.
HOME = tempfile.mkdtemp(prefix="orchestrators-")
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
os.environ |= {
    "CT_RETRY_SECONDS": "0",
    "PREFECT_HOME": f"{HOME}/prefect",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "AIRFLOW_HOME": f"{HOME}/airflow",
    "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parents[1] / "airflow"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
}

import ct_action  # noqa: E402
from cases import Case  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
PYTHON = os.environ.get("CT_TEST_PYTHON", str(ROOT / ".venv/bin/python"))
BINARY = ROOT / "bin/ct-action"
PATIENCE = 300.0  # seconds that a server may take to start

# Notes the call, then ends as the case says. The last answer of a step is repeated.
STAND_IN = """#!{python}
import json, os, sys
step = sys.argv[1] if len(sys.argv) > 1 and sys.argv[0].endswith("ct-action") else "train"
case = json.load(open("case.json"))
calls = open("calls").read().split() if os.path.exists("calls") else []
answers = case.get(step) or [{{}}]
answer = answers[min(calls.count(step), len(answers) - 1)]
print(step, file=open("calls", "a"))
print(answer.get("says", "the words of " + step))
if "outputs" in answer:
    json.dump(answer.get("document", {{}}), open("decision.json", "w"))
    with open(os.environ["GITHUB_OUTPUT"], "a") as file:
        for name, value in {{"report": "decision.json", **answer["outputs"]}}.items():
            print(f"{{name}}<<ct-1\\n{{value}}\\nct-1", file=file)
sys.exit(answer.get("exit", 0))
"""


class Ear:
    """An HTTP server that notes what is posted to it, and answers with the next of its answers."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, str]] = []  # path, body, Authorization
        self.answers: list[tuple[int, str]] = [(200, "{}")]  # the last one is repeated
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                status, answer = ear.answers[min(len(ear.heard), len(ear.answers) - 1)]
                ear.heard.append((self.path, body, self.headers.get("Authorization", "")))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", answer)
                self.end_headers()
                self.wfile.write(answer.encode())

            do_GET = do_POST

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear()
    yield ear
    ear.server.shutdown()


@pytest.fixture
def alerts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ear]:
    ear = Ear()
    monkeypatch.setenv("ALERT_URL", ear.url)
    yield ear
    ear.server.shutdown()


class Stage:
    """A project whose steps go as a case says."""

    def __init__(self, folder: Path, case: Case, ear: Ear) -> None:
        folder.mkdir()
        self.folder, self.ear = folder, ear
        (folder / "case.json").write_text(json.dumps(case.steps))
        self.train = executable(folder / "train", STAND_IN)
        self.binary = executable(folder / "ct-action", STAND_IN)
        ear.answers = case.service
        self.project = ct_action.Project(str(folder), ear.url, python=sys.executable)

    def calls(self) -> list[str]:
        """The steps in the order in which each was called first, with how often: "gate*3"."""
        noted = self.folder / "calls"
        calls = noted.read_text().split() if noted.exists() else []
        at = calls.index("verify") if "verify" in calls else len(calls)
        calls[at:at] = ["reload" for _ in self.ear.heard]
        return [step if calls.count(step) == 1 else f"{step}*{calls.count(step)}" for step in dict.fromkeys(calls)]


def executable(path: Path, text: str) -> Path:
    path.write_text(text.format(python=sys.executable))
    path.chmod(0o755)
    return path


@pytest.fixture
def stage(request: pytest.FixtureRequest, tmp_path: Path, ear: Ear, alerts: Ear, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The stage of the case that is the parameter."""
    stage = Stage(tmp_path / "project", request.param, ear)
    on_stage(monkeypatch, {"churn": stage.project})
    monkeypatch.setenv("CT_ACTION", str(stage.binary) if request.param.binary else "/nowhere/ct-action")
    monkeypatch.setattr(ct_action, "TRAIN_ONCE", stage.train)
    return stage


def on_stage(monkeypatch: pytest.MonkeyPatch, projects: dict[str, ct_action.Project]) -> None:
    monkeypatch.setenv("CT_PROJECTS", json.dumps({name: vars(p) for name, p in projects.items()}))
    monkeypatch.setenv("SERVICE_TOKEN", "letmein")


def start(command: list[str], folder: Path, up: str, env: dict[str, str]) -> subprocess.Popen[bytes]:
    """Starts a server in a process group of its own, and waits until it answers."""
    log = folder / f"{uuid.uuid4().hex}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **env}, stdout=file, stderr=file, stdin=subprocess.DEVNULL, start_new_session=True
        )
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(up, timeout=10)
            return process
        except OSError:
            time.sleep(0.1)
    stop(process)
    raise AssertionError(f"{command} is not up: {log.read_text()[-2000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class World:
    """examples/churn with a champion, the alert of a drift monitor, and its service."""

    def __init__(self, folder: Path, uri: str) -> None:
        self.uri, self.model = uri, f"churn-{uuid.uuid4().hex[:8]}"
        self.root = folder / "churn"
        shutil.copytree(ROOT / "examples/churn", self.root, ignore=shutil.ignore_patterns(".ct", "__pycache__"))
        config = self.root / ".github/ct.yml"
        config.write_text(config.read_text().replace("churn-classifier", self.model))
        shutil.copy(self.root / "monitoring/drift_alert.json", self.root / "monitoring/drift_summary.json")
        self.python("src/train.py", "--data", "data/window-old.csv", "--model-name", self.model)
        self.ask("registered-models/alias", {"name": self.model, "alias": "champion", "version": "1"})
        port = free_port()
        self.service = f"http://127.0.0.1:{port}"
        self.process = start(
            [PYTHON, "-m", "uvicorn", "service.app:app", "--port", str(port)],
            self.root,
            f"{self.service}/healthz",
            {"MODEL_NAME": self.model, "RELOAD_TOKEN": "letmein"},
        )
        self.project = ct_action.Project(str(self.root), self.service, python=PYTHON)

    def python(self, *arguments: str) -> None:
        subprocess.run([PYTHON, *arguments], cwd=self.root, check=True, capture_output=True)

    def ask(self, what: str, body: dict[str, str] | None = None) -> dict[str, Any]:
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(f"{self.uri}/api/2.0/mlflow/{what}", data, {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=60))

    def champion(self) -> str:
        """The version under @champion, out of the registry itself."""
        aliases = self.ask(f"registered-models/get?name={self.model}")["registered_model"]["aliases"]
        return {a["alias"]: a["version"] for a in aliases}["champion"]

    def versions(self) -> int:
        return len(self.ask(f"model-versions/search?filter=name%3D%27{self.model}%27")["model_versions"])

    def served(self) -> str:
        return json.load(urllib.request.urlopen(f"{self.service}/model-info", timeout=60))["version"]


@pytest.fixture(scope="session")
def mlflow_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("mlflow")
    uri = f"http://127.0.0.1:{free_port()}"
    command = [PYTHON, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", uri.rpartition(":")[2], "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "artifacts")]
    process = start(command, folder, f"{uri}/health", {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"})
    yield uri
    stop(process)


@pytest.fixture
def world(tmp_path: Path, mlflow_uri: str, alerts: Ear, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name, value in {
        "MLFLOW_TRACKING_URI": mlflow_uri,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "GIT_PYTHON_REFRESH": "quiet",
        "CT_ACTION": str(BINARY),
    }.items():
        monkeypatch.setenv(name, value)
    world = World(tmp_path, mlflow_uri)
    on_stage(monkeypatch, {"churn": world.project})
    yield world
    stop(world.process)
