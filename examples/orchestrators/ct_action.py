"""Runs the steps of the loop from an orchestrator's tasks: trigger, train, gate, deploy, verify.

Every step is one process or one request, takes its log as a parameter, and either
returns what was found or raises Failed with one line for the state's message. A flag
is found, not raised: the gate has worked, and the champion stays.

    result = run("gate", "--attempt", attempt, root="/opt/churn", log=print)
    result.flagged, result.moved, result.line

| exit status of ct-action | here |
|:--|:--|
| 0 | a Result |
| 3 | a Result with flagged |
| 1, 130, 143, a signal | Failed, worth a retry |
| 2, or no ct-action at all | Failed, not worth one: the next try would say the same |

Only the standard library is needed. The environment reaches ct-action as it is, so
that MLFLOW_TRACKING_URI and MLflow's credentials are the orchestrator's to give.

    CT_PROJECTS    JSON: {"churn": {"root": "/opt/churn", "service": "https://churn.example.com"}};
                   further keys are the fields of Project
    CT_ACTION      the binary; default: ct-action on PATH
    SERVICE_TOKEN  what POST /reload asks for as a bearer token
    ALERT_URL      takes {"text": ...} by POST, as chat webhooks do; default: only the log
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Mapping

Log = Callable[[str], Any]

TRAIN_ONCE = Path(__file__).with_name("train_once.py")
LONGEST_ATTEMPT = 100
LONGEST_LINE = 300
MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class Project:
    """One model: its checkout, its training, its service."""

    root: str
    service: str
    python: str = sys.executable  # has MLflow and what the training imports
    train: tuple[str, ...] = ("src/train.py",)
    verify_timeout: str = "5m"


@dataclass(frozen=True)
class Result:
    """How one run of ct-action ended, out of its exit status, its outputs and its decision document."""

    mode: str
    status: int
    outputs: Mapping[str, str] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    said: str = ""

    @property
    def flagged(self) -> bool:
        return self.status == 3

    @property
    def moved(self) -> bool:
        """A champion may be waiting to be served, whatever the exit status.

        A gate that is asked again after its process was lost finds that its
        challenger is the champion already, and flags it: that one was promoted.
        """
        champion, challenger = (self._version(name) for name in ("champion", "challenger"))
        return (
            self.outputs.get("promoted") == "true"
            or self.outputs.get("outcome") == "rolled-back"
            or (self.flagged and bool(challenger) and champion == challenger)
        )

    @property
    def line(self) -> str:
        """One line for a person, out of what ct-action itself said."""
        if error := self.document.get("error"):
            # Of problems with the inputs all are told; else further lines are hints.
            return one_line(error["text"] if error.get("problems") else error["text"].splitlines()[0])
        if self.flagged:
            failed = (c["text"] for c in self.document.get("checks", []) if not c["dry_run"] and c["status"] != "passed")
            return one_line(f"v{self._version('challenger')} flagged: " + "; ".join(dict.fromkeys(failed)))
        if self.status or not self.document:
            return one_line(f"exit status {self.status}: {self.said or 'not a word was said'}")
        return one_line(f"{self.outputs.get('outcome', '')}: champion v{self.document.get('champion_version')}")

    def _version(self, name: str) -> str:
        return (self.document.get(name) or {}).get("version", "")


class Failed(Exception):
    """A step failed. Its text is one line; retry says whether another try may end otherwise."""

    def __init__(self, text: str, retry: bool = True, moved: bool = False) -> None:
        super().__init__(text)
        self.retry, self.moved = retry, moved

    def __reduce__(self) -> tuple[Any, ...]:
        return Failed, (str(self), self.retry, self.moved)


def projects() -> dict[str, Project]:
    """The projects of CT_PROJECTS, by name."""
    given = os.environ.get("CT_PROJECTS", "{}")
    try:
        return {
            name: Project(**{key: tuple(value) if isinstance(value, list) else value for key, value in keys.items()})
            for name, keys in json.loads(given).items()
        }
    except (ValueError, TypeError, AttributeError) as err:
        raise Failed(f"reading CT_PROJECTS: {one_line(str(err))}", retry=False) from err


def attempt_id(*parts: str) -> str:
    """The id of an attempt, the same for the same parts, in the characters that ct-action allows."""
    whole = "/".join(parts)
    plain = re.sub(r"[^A-Za-z0-9._:/-]+", "-", whole)
    if plain == whole and len(plain) <= LONGEST_ATTEMPT:
        return plain
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{plain[: LONGEST_ATTEMPT - 9]}-{digest}"


def trigger(project: Project, attempt: str, force: bool, log: Log) -> dict[str, Any]:
    """Evaluates the triggers. Returns retrain, and what train and gate need, as plain JSON.

    Within the cooldown nothing is trained: the gate would flag the result.
    """
    how = ["--force"] if force else ["--skip-in-cooldown"]
    result = run("trigger", "--attempt", attempt, *how, root=project.root, log=log)
    outputs = result.outputs
    return {
        "retrain": outputs.get("retrain") == "true",
        "attempt": attempt,
        "model": result.document.get("model", ""),
        "reasons": outputs.get("reasons", "[]"),
        "run_context": outputs.get("run-context", ""),
    }


def train(project: Project, asked: Mapping[str, Any], log: Log) -> None:
    """Trains and registers one version of the attempt, unless an earlier try has."""
    command = [project.python, str(TRAIN_ONCE), asked["model"], *project.train]
    env = {
        "MLFLOW_RUN_CONTEXT": asked["run_context"],
        "CT_MODEL_NAME": asked["model"],
        "CT_REASONS": asked["reasons"],
        "PYTHONUNBUFFERED": "1",
    }
    status, said = stream(command, project.root, env, log)
    if status:
        raise Failed(f"training ended with exit status {status}: {one_line(said)}")


def gate(project: Project, attempt: str, log: Log) -> Result:
    """Judges the version of the attempt, then promotes or flags it."""
    return run("gate", "--attempt", attempt, "--python", project.python, root=project.root, log=log)


def deploy(project: Project, log: Log) -> str:
    """Has the service load the champion, and returns the version that it says it serves."""
    address = project.service.rstrip("/") + "/reload"
    headers = {"Content-Type": "application/json"}
    if token := os.environ.get("SERVICE_TOKEN"):
        headers["Authorization"] = f"Bearer {token}"
    answer = post(address, b"", headers, seconds=120)
    try:
        version = str(json.loads(answer)["version"])
    except (ValueError, TypeError, KeyError) as err:
        raise Failed(f"POST /reload answered no model-info: {one_line(answer.decode(errors='replace'))}") from err
    log(one_line(f"the service answered that it serves v{version}"))
    return version


def verify(project: Project, log: Log) -> Result:
    """Asks the service until it reports the champion's version."""
    address = project.service.rstrip("/") + "/model-info"
    how = ["--verify-url", address, "--verify-timeout", project.verify_timeout]
    return run("verify", *how, root=project.root, log=log)


def alert(text: str, log: Log) -> None:
    """Tells people, once. An alert that does not arrive is told to the log, and fails nothing."""
    log(f"ALERT {text}")
    if address := os.environ.get("ALERT_URL"):
        try:
            post(address, json.dumps({"text": text}).encode(), {"Content-Type": "application/json"}, seconds=10)
        except Failed as err:
            log(f"the alert was not taken: {err}")


def run(mode: str, *arguments: str, root: str, log: Log) -> Result:
    """Runs ct-action in a project, its words into the log. Raises Failed for all but done and flagged."""
    binary = os.environ.get("CT_ACTION", "ct-action")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "outputs")
        file.touch()
        status, said = stream([binary, mode, *arguments], root, {"GITHUB_OUTPUT": str(file)}, log)
        outputs = parse_outputs(file.read_text())
    result = Result(mode, status, outputs, read_document(root, outputs.get("report", "")), said)
    if status not in (0, 3):
        raise Failed(f"ct-action {mode}: {result.line}", retry=status != 2, moved=result.moved)
    return result


def stream(command: list[str], folder: str, env: Mapping[str, str], log: Log) -> tuple[int, str]:
    """Runs a command without a shell, and returns its exit status and the last line that it said.

    A task that is cancelled asks the command to end and waits for it: ct-action
    undoes or completes a move first, within seconds.
    """
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as err:
        raise Failed(f"starting {command[0]} in {folder}: {err.strerror}", retry=False) from err
    said = ""
    try:
        for raw in process.stdout or ():
            line = raw.rstrip()
            said = line or said
            log(line)
        return process.wait(), said
    except BaseException:
        process.terminate()
        process.wait()
        raise


def parse_outputs(text: str) -> dict[str, str]:
    """Reads GitHub's form of outputs: lines NAME=VALUE, and blocks NAME<<DELIMITER."""
    outputs: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        if block := re.match(r"([^=<]+)<<(.+)", line):
            name, delimiter = block.groups()
            outputs[name] = "\n".join(iter(lambda: next(lines, delimiter), delimiter))
        elif "=" in line:
            name, _, value = line.partition("=")
            outputs[name] = value
    return outputs


def read_document(root: str, report: str) -> dict[str, Any]:
    """The decision document of this run; empty where it ended without one."""
    try:
        return json.loads(Path(root, report).read_text()) if report else {}
    except (OSError, ValueError):
        return {}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other: the token goes to the named host alone."""

    def redirect_request(self, *_: Any) -> None:
        return None


def post(address: str, body: bytes, headers: Mapping[str, str], seconds: float) -> bytes:
    """Sends one POST and returns the answer's body. Raises Failed, which names the host alone.

    The rest of an address may be a secret, as a chat webhook's is.
    """
    parts = urllib.parse.urlsplit(address)
    where = f"{parts.scheme}://{parts.hostname or '?'}" + (f":{parts.port}" if parts.port else "")
    try:
        request = urllib.request.Request(address, body, dict(headers), method="POST")
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=seconds) as answer:
            return answer.read(MOST_BYTES)
    except urllib.error.HTTPError as err:
        said = one_line(err.read(MOST_BYTES).decode(errors="replace"))
        raise Failed(f"POST {where}: HTTP {err.code}: {said}", retry=err.code >= 500 or err.code in (409, 429)) from err
    except OSError as err:
        raise Failed(f"POST {where}: {one_line(str(getattr(err, 'reason', err)))}") from err
    except Exception as err:  # an address or an answer that is no HTTP
        raise Failed(f"POST {where}: {type(err).__name__}") from err


def one_line(text: str) -> str:
    """What others wrote, as one line that can be shown."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"
