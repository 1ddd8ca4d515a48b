"""The monitor: Evidently's numbers, what ct-action reads of them, and logs that say nothing."""

import hashlib
import json
import os
import stat
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import monitor
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import simulate_traffic
from service.log import PredictionLog
from train import NUMERIC, TARGET

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = str(ROOT / "data" / "window-fresh.csv")
TABLE = simulate_traffic.read_table(str(ROOT / "data" / "telco-churn.csv"))
NOW = datetime.now(timezone.utc)
FILES = ["drift_report.html", "drift_report.json", "drift_summary.json"]


def traffic(strength: float = 0.0, n: int = 1000) -> pd.DataFrame:
    return simulate_traffic.customers(TABLE, n, strength, np.random.default_rng(5)).drop(columns=TARGET)


def log(folder: Path, customers: pd.DataFrame, at: datetime = NOW, number: int = 1) -> Path:
    """Writes customers in the form of the service's log, at any time."""
    folder.mkdir(exist_ok=True)
    ours = {"request_id": "r", "time": pd.Timestamp(at).as_unit("ms"), "version": "1", "probability": 0.5}
    table = customers.assign(**ours)
    table.to_parquet(folder / f"{at:%Y-%m-%dT%H}.{number:04d}.parquet", index=False)
    return folder


def run(folder: Path, out: Path, *more: str) -> dict:
    assert monitor.main(["--reference", REFERENCE, "--log", str(folder), "--out", str(out), *more]) == 0
    return json.loads((out / "drift_summary.json").read_text())


def refused(folder: Path, out: Path, *more: str) -> str:
    """Runs a monitor that must fail, and leave no file; returns what it says."""
    with pytest.raises(SystemExit) as ended:
        run(folder, out, *more)
    assert isinstance(ended.value.code, str)  # printed to standard error; the status is 1
    assert not out.exists()
    return ended.value.code


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    """The monitor's files after a month with a drift of 0.6."""
    folder = tmp_path_factory.mktemp("month")
    return folder / "out", run(log(folder / "log", traffic(0.6)), folder / "out")


def test_no_drift_is_found_where_there_is_none(tmp_path):
    summary = run(log(tmp_path / "log", traffic(0)), tmp_path / "out")
    assert summary["share_drifted_features"] == 0 and summary["names"] == [] and summary["columns"] == len(monitor.FEATURES)


def test_the_summary_is_what_evidently_measured(month):
    out, summary = month
    assert sorted(f.name for f in out.iterdir()) == FILES
    report = json.loads((out / "drift_report.json").read_text())
    total, *columns = report["metrics"]
    assert total["value"] == {"count": summary["drifted"], "share": summary["share_drifted_features"]}
    over = {m["config"]["column"]: m["value"] for m in columns if m["value"] > m["config"]["threshold"]}
    assert summary["names"] == sorted(over) and summary["drifted"] == len(over)
    assert {"monthly_charges", "contract", "tenure"} <= set(over)
    assert summary["rows"] == 1000
    assert summary["report_sha256"] == hashlib.sha256((out / "drift_report.json").read_bytes()).hexdigest()


def test_evidently_and_the_distance_itself_agree(month):
    """The normed Wasserstein distance of a number, computed by hand."""
    report = json.loads((month[0] / "drift_report.json").read_text())
    reference, current = pd.read_csv(REFERENCE), traffic(0.6)
    for name in NUMERIC:
        a, b = (np.quantile(t[name].dropna(), np.linspace(0, 1, 20001)) for t in (reference, current))
        by_hand = np.abs(a - b).mean() / reference[name].std(ddof=0)
        [measured] = [m["value"] for m in report["metrics"] if m["config"].get("column") == name]
        assert measured == pytest.approx(by_hand, rel=0.01)


def test_it_reads_what_the_service_writes(tmp_path):
    written = PredictionLog(str(tmp_path / "log"))
    kinds = [(name, pa.float64() if name in monitor.NUMBERS else pa.string()) for name in monitor.FEATURES]
    ours = {"request_id": "r", "version": "1", "probability": 0.5}
    customers = traffic(0.6, 600).astype(object)
    written.add([{**ours, **row} for row in customers.where(customers.notna(), None).to_dict("records")], kinds)
    written.close()
    summary = run(tmp_path / "log", tmp_path / "out")
    assert summary["rows"] == 600 and "monthly_charges" in summary["names"]


def test_the_html_needs_no_network(month):
    html = (month[0] / "drift_report.html").read_text()
    assert "<script src=" not in html and "<link" not in html and "monthly_charges" in html


def test_ct_action_reads_one_share_in_summary_and_report(month, ct_action, tmp_path):
    out, summary = month
    said = []
    for name in ("drift_summary.json", "drift_report.json"):
        command = [ct_action, "notify", "--dry-run", "--model-name", "churn", "--repository", "octo/churn"]
        command += ["--drift-report", str(out / name)]
        clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        done = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        [request] = [line for line in (done.stdout + done.stderr).splitlines() if "POST /repos/octo/churn/" in line]
        payload = json.loads(request[request.index("{") :])["client_payload"]["drift"]
        said.append([payload[key] for key in ("share_drifted_features", "drifted", "columns")])
        # An event has room for a few names.
        assert payload["names"] and payload["names"] == summary["names"][: len(payload["names"])]
    assert said[0] == said[1] == [summary[key] for key in ("share_drifted_features", "drifted", "columns")]


def test_an_old_log_is_not_read(tmp_path):
    folder = log(tmp_path / "log", traffic(1), NOW - timedelta(hours=30))
    log(folder, traffic(0, 600), NOW)
    assert run(folder, tmp_path / "out")["rows"] == 600
    since = (NOW - timedelta(hours=31)).isoformat()
    assert run(folder, tmp_path / "out", "--since", since)["rows"] == 1600


def test_rows_before_since_in_the_same_hour_are_not_read(tmp_path):
    hour = NOW.replace(minute=0, second=0, microsecond=0)
    folder = log(tmp_path / "log", traffic(0, 700), hour)
    log(folder, traffic(1, 50), hour + timedelta(minutes=30), number=2)
    text = refused(folder, tmp_path / "out", "--since", (hour + timedelta(minutes=10)).isoformat())
    assert "50 rows since" in text and "expected 500" in text


def test_a_log_that_says_nothing(tmp_path):
    out, empty = tmp_path / "out", tmp_path / "log"
    assert f"--log {empty}: no such folder" in refused(empty, out)
    empty.mkdir()
    assert "0 rows since" in refused(empty, out)
    log(empty, traffic(1, 499))
    assert "499 rows since" in refused(empty, out)
    (empty / f"{NOW:%Y-%m-%dT%H}.0009.parquet").write_text("no parquet")
    assert "0009.parquet" in refused(empty, out)


def test_a_failed_look_leaves_the_last_one_alone(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    for name in FILES:
        (out / name).write_text("yesterday")
    with pytest.raises(SystemExit):
        run(log(tmp_path / "log", traffic(1, 10)), out)
    assert [(out / name).read_text() for name in FILES] == ["yesterday"] * 3


@pytest.mark.parametrize(
    "change, told",
    [
        (lambda t: t.drop(columns=["total_charges", "contract"]), "no column total_charges, contract"),
        (lambda t: t.assign(region="north"), "unknown column region"),
        (lambda t: t.assign(tenure=t["tenure"].astype(str)), "no numbers in tenure"),
        (lambda t: t.rename(columns={"tenure": "months"}), "no column tenure; unknown column months"),
        (lambda t: t.assign(tenure=np.nan, monthly_charges=np.nan), "no value at all in tenure, monthly_charges"),
    ],
)
def test_columns_that_are_not_those_of_the_reference(tmp_path, change, told):
    assert told in refused(log(tmp_path / "log", change(traffic(0, 600))), tmp_path / "out")


def test_bad_references(tmp_path):
    folder, out = log(tmp_path / "log", traffic(0, 600)), tmp_path / "out"
    assert "No such file" in refused(folder, out, "--reference", str(tmp_path / "none.csv"))
    other = tmp_path / "other.csv"
    traffic(0, 600).drop(columns="contract").to_csv(other)
    assert "no column contract" in refused(folder, out, "--reference", str(other))
    traffic(0, 600).assign(tenure="long").to_csv(other)
    assert "expected numbers in tenure" in refused(folder, out, "--reference", str(other))


@pytest.mark.parametrize(
    "arguments",
    [["--hours", "0"], ["--hours", "nan"], ["--min-rows", "0"], ["--since", "2026-11-30T14:00"], ["--since", "noon"]],
)
def test_bad_arguments(tmp_path, arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        monitor.main(["--log", str(tmp_path), *arguments])
    assert ended.value.code == 2 and arguments[0] in capsys.readouterr().err


def test_notify_runs_ct_action_on_the_summary(tmp_path, monkeypatch):
    folder, out = log(tmp_path / "log", traffic(0, 600)), tmp_path / "out"
    stub, said = tmp_path / "ct-action", tmp_path / "said"
    stub.write_text(f'#!/bin/sh\necho "$@" >{said}\nexit 1\n')
    stub.chmod(stub.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CT_ACTION", str(stub))
    arguments = ["--reference", REFERENCE, "--log", str(folder), "--out", str(out), "--notify"]
    assert monitor.main(arguments) == 1
    assert said.read_text().split() == ["notify", "--drift-report", str(out / "drift_summary.json")]
    monkeypatch.setenv("CT_ACTION", str(tmp_path / "none"))
    with pytest.raises(SystemExit, match="put ct-action on the PATH"):
        monitor.main(arguments)
