"""Sends a month of customers to the service, and keeps what became of them.

    python src/simulate_traffic.py --drift-strength 0.6 --n 5000

Customers are drawn from data/telco-churn.csv. A strength of 0 draws them as
they are. With a strength, those who are new, pay by the month and pay much come
more often, and prices rise, as after a price war: DRIFT says by how much. The
outcome of a customer is the one of the table, so the truth stays the truth.

Each customer is one POST /predict with a request id. The outcomes that have
matured (--mature-share of them) become --labels, joined by that id: the columns
`label` and `predicted_proba` are what the performance trigger of ct-action
reads. The last line on the terminal is JSON:

    {"sent": 5000, "failed": 0, "failed_at": {}, "versions": {"1": 5000},
     "runs": [{"version": "1", "from": "2026-12-01T04:00:00.120+00:00", "to": "..."}],
     "p50_ms": 6.1, "p99_ms": 14.9, "seconds": 100.0}

`runs` are the versions in the order in which they were served, from their first
answer to their last; `failed_at` has the failures of each second that had some.
The exit status is 1 when a request failed, and when the service is none.
SIGTERM and Ctrl-C end it early, with labels and last line.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
from train import CATEGORICAL, FLAGS, NUMERIC, TARGET

# At strength 1: how much more often, in powers of e, a customer comes for each
# standard deviation of a column, or with a value of one; and the factor on a
# column's values.
COMES_BY_NUMBER = {"tenure": -1.0, "monthly_charges": 0.6}
COMES_BY_VALUE = {("contract", "Month-to-month"): 1.0}
PRICES = {"monthly_charges": 1.25}


def customers(table: pd.DataFrame, n: int, strength: float, rng: np.random.Generator) -> pd.DataFrame:
    """Draws n customers with replacement; the column of the truth comes with them."""
    pull = np.zeros(len(table))
    for name, by in COMES_BY_NUMBER.items():
        pull += by * ((table[name] - table[name].mean()) / table[name].std()).to_numpy()
    for (name, value), by in COMES_BY_VALUE.items():
        pull += by * (table[name] == value).to_numpy()
    weight = np.exp(strength * pull)
    drawn = table.iloc[rng.choice(len(table), size=n, p=weight / weight.sum())].reset_index(drop=True)
    for name, factor in PRICES.items():
        drawn[name] = (drawn[name] * factor**strength).round(2)
    return drawn


@dataclass
class Answers:
    """What came back. Threads share it."""

    rows: list[dict] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    runs: list[dict] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    failed_at: Counter = field(default_factory=Counter)
    sent: int = 0
    failed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def good(self, row: dict, began: datetime) -> None:
        with self.lock:
            now = datetime.now(timezone.utc)
            self.sent += 1
            self.rows.append({"time": now.isoformat(timespec="milliseconds"), **row})
            self.milliseconds.append((now - began).total_seconds() * 1000)
            self._run(row["version"], began, now)

    def _run(self, version: str, began: datetime, now: datetime) -> None:
        """An answer of the version before is late, not a run of its own, when it was asked for before the change."""
        if not self.runs or version != self.runs[-1]["version"] and began > self.runs[-1]["from"]:
            self.runs.append({"version": version, "from": now})
        if version == self.runs[-1]["version"]:
            self.runs[-1]["to"] = now

    def bad(self, why: str) -> None:
        with self.lock:
            self.sent += 1
            self.failed += 1
            self.failed_at[datetime.now(timezone.utc).isoformat(timespec="seconds")] += 1
            if why not in self.faults and len(self.faults) < 10:
                self.faults.append(why)
                print(why, file=sys.stderr)


def ask(client: httpx.Client, customer: dict, truth: str, answers: Answers) -> None:
    """Sends one customer, and notes the answer or what was wrong with it."""
    request_id = str(uuid.uuid4())
    began = datetime.now(timezone.utc)
    try:
        answer = client.post("/predict", json={"customers": [customer]}, headers={"X-Request-ID": request_id})
    except httpx.HTTPError as err:
        answers.bad(f"POST /predict: {str(err) or type(err).__name__}; is the service up?")
        return
    if answer.status_code != 200:
        answers.bad(f"POST /predict: status {answer.status_code}, expected 200: {answer.text[:300]}")
        return
    try:
        body = answer.json()
        prediction, version = body["predictions"][0], str(body["version"])
        probability = float(prediction["probability"])
        if prediction["request_id"] != request_id or not 0 <= probability <= 1:
            raise ValueError("another request id, or no probability")
    except (ValueError, KeyError, IndexError, TypeError) as err:
        answers.bad(
            'POST /predict: expected {"version": ..., "predictions": [{"request_id": ..., "probability": ...}]}, '
            f"got {answer.text[:200]!r} ({type(err).__name__}: {err})"
        )
        return
    answers.good({"request_id": request_id, "version": version, "label": truth, "predicted_proba": probability}, began)


def send(service: str, month: pd.DataFrame, rate: float, connections: int, stop: threading.Event) -> Answers:
    """Sends the customers in order, `rate` of them a second; 0 is as fast as the service answers."""
    answers = Answers()
    truths = month[TARGET].astype(str).tolist()
    bodies = json.loads(month.drop(columns=TARGET).to_json(orient="records"))
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    with httpx.Client(base_url=service, timeout=30, limits=limits) as client, ThreadPoolExecutor(connections) as pool:
        places = threading.Semaphore(connections)  # so that nothing queues while the service is slow

        def one(customer: dict, truth: str) -> None:
            try:
                ask(client, customer, truth, answers)
            finally:
                places.release()

        began = time.monotonic()
        for i, (customer, truth) in enumerate(zip(bodies, truths)):
            if rate and stop.wait(max(0.0, began + i / rate - time.monotonic())) or stop.is_set():
                break
            places.acquire()
            if answers.failed == answers.sent >= 5:  # it never answered: nothing that waiting mends
                places.release()
                break
            pool.submit(one, customer, truth)
    return answers


def write_labels(path: Path, answers: Answers, share: float, rng: np.random.Generator) -> int:
    """Writes the outcomes that have matured, whole or not at all; returns how many."""
    rows = pd.DataFrame(answers.rows, columns=["request_id", "time", "version", "label", "predicted_proba"])
    matured = rows[rng.random(len(rows)) < share]
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.tmp")
    matured.to_csv(unfinished, index=False)
    os.replace(unfinished, path)
    return len(matured)


def read_table(path: str) -> pd.DataFrame:
    """Reads truth and features as the training does: numbers as floats. Raises OSError and ValueError."""
    features = NUMERIC + FLAGS + CATEGORICAL
    drifting = {*COMES_BY_NUMBER, *PRICES, *(name for name, _ in COMES_BY_VALUE)}
    if unknown := sorted(drifting - set(features)):
        raise ValueError(f"a drift of {', '.join(unknown)}; expected features of train.py: {', '.join(features)}")
    table = pd.read_csv(path)
    if missing := [name for name in [TARGET, *features] if name not in table]:
        raise ValueError(f"{path}: no column {', '.join(missing)}; found {', '.join(table.columns)}")
    return table[[TARGET, *features]].astype({name: "float64" for name in NUMERIC + FLAGS})


def is_address(text: str) -> bool:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return False
    return url.scheme in ("http", "https") and bool(url.host)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--service", default=os.environ.get("SERVICE_URL", "http://127.0.0.1:8000"))
    parser.add_argument("--table", default="data/telco-churn.csv", help="customers with their truth (CSV)")
    parser.add_argument("--n", type=int, default=5000, help="customers to send")
    parser.add_argument("--drift-strength", type=float, default=0.0, help="from 0, none, to 1")
    parser.add_argument("--rate", type=float, default=50.0, help="customers a second; 0 is as fast as it goes")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--labels", help="file for the matured outcomes, such as monitoring/labeled_predictions.csv")
    parser.add_argument("--mature-share", type=float, default=1.0, help="share of the outcomes that is known by now")
    args = parser.parse_args(arguments)
    wrong = [
        text
        for bad, text in [
            (args.n < 1, "--n: expected at least 1"),
            (not 0 <= args.drift_strength <= 1, "--drift-strength: expected a number from 0 to 1"),
            (not args.rate >= 0, "--rate: expected 0 or more"),
            (args.connections < 1, "--connections: expected at least 1"),
            (not 0 <= args.mature_share <= 1, "--mature-share: expected a number from 0 to 1"),
            (not is_address(args.service), "--service: expected http://HOST:PORT or https://HOST"),
        ]
        if bad
    ]
    if wrong:
        parser.error("; ".join(wrong))
    return args


def main(arguments: list[str] | None = None) -> int:
    args = parse(arguments)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    rng = np.random.default_rng(args.seed)
    try:
        table = read_table(args.table)
    except (OSError, ValueError) as err:
        sys.exit(str(err))
    month = customers(table, args.n, args.drift_strength, rng)
    began = time.monotonic()
    answers = send(args.service, month, args.rate, args.connections, stop)
    seconds = time.monotonic() - began
    if args.labels:
        print(f"{args.labels}: {write_labels(Path(args.labels), answers, args.mature_share, rng)} outcomes")
    versions = pd.Series([row["version"] for row in answers.rows], dtype=str).value_counts().to_dict()
    p50, p99 = np.percentile(answers.milliseconds, [50, 99]) if answers.milliseconds else (None, None)
    print(
        json.dumps(
            {
                "sent": answers.sent,
                "failed": answers.failed,
                "failed_at": answers.failed_at,
                "versions": {version: int(n) for version, n in versions.items()},
                "runs": answers.runs,
                "p50_ms": p50 and round(float(p50), 1),
                "p99_ms": p99 and round(float(p99), 1),
                "seconds": round(seconds, 1),
            },
            default=lambda at: at.isoformat(timespec="milliseconds"),
        )
    )
    return 1 if answers.failed or not answers.rows else 0


if __name__ == "__main__":
    sys.exit(main())
