"""Times ct-action against plain Python scripts that do the same.

    python bench/bench.py bin/ct-action [ROUNDS]

Both sides talk to one MLflow server in one run and take turns, so that a busy
machine is busy for both. Timed is the whole process, from start to exit: that
is what a scheduled job pays. The Python that runs this file must have MLflow
and scikit-learn, bytecode compiled.

Peak memory is that of the process, as the kernel counts it. It counts from the
fork, so no figure can be below this script's own, which is why it imports
little.
"""

import json
import os
import shutil
import signal
import socket
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAGE = ROOT / ".bench"
WORK = STAGE / "work"
MODEL = "churn-classifier"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    binary = str(Path(sys.argv[1]).resolve())
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    shutil.rmtree(STAGE, ignore_errors=True)
    shutil.copytree(ROOT / "examples" / "churn", WORK)
    uri = f"http://127.0.0.1:{free_port()}"
    registry = Registry(uri)
    env = environment(uri)
    server = start_server(uri, env)
    try:
        registry.wait(server)
        registry.fill()
        print(f"{rounds} rounds, in turns, after one untimed; median of the whole process")
        compare(
            "tick, nothing fires", rounds, env, registry.champion_is("2"), registry.champion_is("2"),
            [binary, "run"], [sys.executable, str(ROOT / "bench" / "tick.py")],
        )
        compare(
            "rollback", rounds, env, registry.reset, registry.champion_is("1"),
            [binary, "rollback", "--reason", "bench"], [sys.executable, str(ROOT / "bench" / "rollback.py")],
        )
    finally:
        os.killpg(server, signal.SIGTERM)
        os.waitpid(server, 0)
    shutil.rmtree(STAGE)


def compare(name, rounds, env, before, after, ours, peer):
    """Runs both commands by turns and prints their medians and the ratio.

    before and after are called around every run, outside the timed part.
    """
    results = {"ct-action": [], "Python": []}
    for i in range(rounds + 1):
        for side, command in (("ct-action", ours), ("Python", peer)):
            before()
            measured = run(command, env)
            after()
            if i > 0:
                results[side].append(measured)
    print(f"\n{name}")
    for side, measured in results.items():
        seconds = [m[0] for m in measured]
        print(
            f"  {side:<10} {median(seconds) * 1000:8.0f} ms   "
            f"({min(seconds) * 1000:.0f} to {max(seconds) * 1000:.0f})"
            f"{median([m[1] for m in measured]):8.0f} MB peak"
        )
    ours_ms, peer_ms = (median([m[0] for m in measured]) for measured in results.values())
    print(f"  ct-action is {peer_ms / ours_ms:.1f} times as fast")


def run(command, env):
    """Runs a command in WORK; gives its seconds and its peak memory in MB."""
    log = os.open(STAGE / "command.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    started = time.perf_counter()
    pid = os.posix_spawn(command[0], command, env, file_actions=to_log(log))
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - started
    os.close(log)
    if status != 0:
        sys.exit(f"{' '.join(command)}: wait status {status}\n{(STAGE / 'command.log').read_text()}")
    # Kilobytes on Linux, bytes on macOS.
    return seconds, usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def to_log(log):
    return [(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def environment(uri):
    """The environment of a job, without what a surrounding job or shell adds."""
    ours = ("GITHUB_", "INPUT_", "CT_", "MLFLOW_", "PYTHONDONTWRITEBYTECODE")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {
        **env,
        "MLFLOW_TRACKING_URI": uri,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', '')}",
    }


def start_server(uri, env):
    """Starts mlflow server in a process group of its own; gives its number."""
    os.chdir(WORK)
    log = os.open(STAGE / "server.log", os.O_WRONLY | os.O_CREAT)
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", uri.rsplit(":", 1)[1],
        "--workers", "1", "--backend-store-uri", f"sqlite:///{STAGE}/mlflow.db",
        "--artifacts-destination", f"{STAGE}/artifacts",
    ]
    return os.posix_spawn(command[0], command, env, file_actions=to_log(log), setpgroup=0)


class Registry:
    """The server's registry, over plain REST."""

    def __init__(self, uri):
        self.uri = uri

    def call(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.uri + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def wait(self, server):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                self.call("/health")
                return
            except OSError:
                if os.waitpid(server, os.WNOHANG) != (0, 0):
                    break
                time.sleep(0.2)
        sys.exit(f"server not up\n{(STAGE / 'server.log').read_text()}")

    def fill(self):
        """Two versions; the second is champion, the first was."""
        self.call("/api/2.0/mlflow/registered-models/create", {"name": MODEL})
        for version in ("1", "2"):
            self.call("/api/2.0/mlflow/model-versions/create", {"name": MODEL, "source": "s3://bench/model"})
        self.reset()

    def reset(self):
        for alias, version in (("previous", "1"), ("champion", "2")):
            self.call(
                "/api/2.0/mlflow/registered-models/alias", {"name": MODEL, "alias": alias, "version": version}
            )
        self.call(
            "/api/2.0/mlflow/model-versions/set-tag",
            {"name": MODEL, "version": "2", "key": "quarantined", "value": "false"},
        )

    def champion_is(self, version):
        """Gives a check that the champion is this version."""

        def check():
            answer = json.loads(self.call(f"/api/2.0/mlflow/registered-models/get?name={MODEL}"))
            aliases = {a["alias"]: a["version"] for a in answer["registered_model"]["aliases"]}
            if aliases["champion"] != version:
                sys.exit(f"champion is v{aliases['champion']}, expected v{version}")

        return check


if __name__ == "__main__":
    main()
