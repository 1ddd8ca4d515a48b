"""The traffic: what drifts, what does not, and what becomes of the answers."""

import json
import os
import signal
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import pytest
import simulate_traffic
from scipy.stats import chisquare, ks_2samp
from train import NUMERIC, TARGET

TABLE = simulate_traffic.read_table("data/telco-churn.csv")


def drawn(strength: float, n: int = 5000, seed: int = 3) -> pd.DataFrame:
    return simulate_traffic.customers(TABLE, n, strength, np.random.default_rng(seed))


def shift(table: pd.DataFrame, name: str) -> float:
    """Two-sample test of one column against the table; the p-value."""
    if name in NUMERIC:
        return ks_2samp(table[name], TABLE[name]).pvalue
    expected = TABLE[name].value_counts(normalize=True)
    return chisquare(table[name].value_counts().reindex(expected.index, fill_value=0), expected * len(table)).pvalue


def test_no_strength_is_the_table_itself():
    table = drawn(0)
    assert min(shift(table, name) for name in TABLE.columns) > 0.001


def test_strength_moves_prices_contracts_and_tenure():
    weak, strong = drawn(0.3), drawn(0.6)
    for name in ("monthly_charges", "contract", "tenure"):
        assert shift(weak, name) < 1e-6 and shift(strong, name) < 1e-6
    assert TABLE["tenure"].mean() > weak["tenure"].mean() > strong["tenure"].mean()
    assert TABLE["monthly_charges"].mean() < weak["monthly_charges"].mean() < strong["monthly_charges"].mean()


def test_the_truth_comes_from_the_table():
    known = set(map(tuple, TABLE.drop(columns=["monthly_charges"]).astype(str).to_numpy()))
    table = drawn(0.6, n=500)
    assert set(map(tuple, table.drop(columns=["monthly_charges"]).astype(str).to_numpy())) <= known


def test_the_seed_repeats_the_month():
    pd.testing.assert_frame_equal(drawn(0.6, n=100), drawn(0.6, n=100))
    assert not drawn(0.6, n=100, seed=4).equals(drawn(0.6, n=100))


@pytest.fixture
def answering(request):
    """A service that answers what the test says, and remembers what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = server.answer(asked["customers"][0], self.headers["X-Request-ID"])
            text = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def handlers():
    """Puts back what main() does with signals."""
    before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)}
    yield
    for name, handler in before.items():
        signal.signal(name, handler)


def run(capsys, *arguments: str) -> tuple[int, dict, str]:
    status = simulate_traffic.main([*arguments, "--rate", "0"])
    out, err = capsys.readouterr()
    return status, json.loads(out.strip().splitlines()[-1]), err


def test_labels_are_joined_by_request_id(answering, tmp_path, capsys):
    seen = {}

    def answer(customer, id_):
        seen[id_] = customer
        score = customer["tenure"] / 100
        return 200, {"version": "7", "predictions": [{"request_id": id_, "probability": score}]}

    answering.answer = answer
    labels = tmp_path / "out" / "labels.csv"
    status, last, _ = run(capsys, "--service", answering.url, "--n", "200", "--labels", str(labels), "--mature-share", "0.5")
    assert status == 0 and last["sent"] == 200 and last["failed"] == 0 and last["versions"] == {"7": 200}
    table = pd.read_csv(labels)
    assert 70 < len(table) < 130 and table["request_id"].is_unique
    truth = TABLE.groupby([c for c in TABLE.columns if c != TARGET], dropna=False)[TARGET].agg(set)
    for row in table.itertuples():
        customer = seen[row.request_id]
        assert row.predicted_proba == pytest.approx(customer["tenure"] / 100, rel=1e-12)
        key = tuple(np.nan if customer[c] is None else customer[c] for c in truth.index.names)
        if not any(isinstance(k, float) and np.isnan(k) for k in key):
            assert row.label in truth[key]


def test_it_is_told_to_stop(answering, tmp_path, capsys):
    asked = []

    def answer(_, id_):
        asked.append(id_)
        if len(asked) == 20:
            os.kill(os.getpid(), signal.SIGTERM)
        return 200, {"version": "1", "predictions": [{"request_id": id_, "probability": 0.5}]}

    answering.answer = answer
    labels = tmp_path / "labels.csv"
    status, last, _ = run(capsys, "--service", answering.url, "--n", "7000", "--labels", str(labels))
    assert status == 0 and 20 <= last["sent"] == len(asked) < 7000
    assert sorted(pd.read_csv(labels)["request_id"]) == sorted(asked)


def test_versions_in_the_order_in_which_they_were_served():
    answers = simulate_traffic.Answers()
    start = datetime(2026, 12, 1)

    def answered(version: str, began: int, now: int) -> None:
        answers._run(version, start + timedelta(seconds=began), start + timedelta(seconds=now))

    for version, began, now in [("1", 0, 1), ("1", 1, 2), ("2", 2, 4), ("1", 1, 5), ("2", 3, 6), ("2", 6, 7), ("1", 7, 9)]:
        answered(version, began, now)
    runs = [(run["version"], (run["from"] - start).seconds, (run["to"] - start).seconds) for run in answers.runs]
    assert runs == [("1", 1, 2), ("2", 4, 7), ("1", 9, 9)]


@pytest.mark.parametrize(
    "status, body, told",
    [
        (500, {"detail": "broken"}, "status 500, expected 200"),
        (200, b"<html>hello</html>", "got '<html>hello</html>'"),
        (200, {"version": "1", "predictions": []}, "IndexError"),
        (200, {"version": "1", "predictions": [{"request_id": "other", "probability": 0.5}]}, "another request id"),
    ],
)
def test_a_service_that_answers_nonsense(answering, capsys, status, body, told):
    answering.answer = lambda *_: (status, body)
    code, last, err = run(capsys, "--service", answering.url, "--n", "500")
    assert code == 1 and told in err and sum(last["failed_at"].values()) == last["failed"]
    assert last["failed"] == last["sent"] < 20  # it did not go on for all of them


def test_no_service(capsys):
    code, last, err = run(capsys, "--service", "http://127.0.0.1:9", "--n", "100")
    assert code == 1 and "is the service up?" in err and last["failed"] == last["sent"]


def test_a_table_of_something_else(tmp_path, monkeypatch):
    table = tmp_path / "table.csv"
    TABLE.drop(columns=["contract", TARGET]).to_csv(table, index=False)
    for path, told in [(table, f"no column {TARGET}, contract; found"), (tmp_path / "none.csv", "No such file")]:
        with pytest.raises(SystemExit, match=told):
            simulate_traffic.main(["--table", str(path)])
    monkeypatch.setitem(simulate_traffic.PRICES, "fee", 2.0)
    with pytest.raises(SystemExit, match="a drift of fee; expected features"):
        simulate_traffic.main(["--table", str(table)])


def test_columns_that_are_no_features_are_not_sent(tmp_path):
    table = tmp_path / "table.csv"
    TABLE.assign(customer="c").to_csv(table, index=False)
    pd.testing.assert_frame_equal(simulate_traffic.read_table(str(table)), TABLE)


@pytest.mark.parametrize("address", ["ftp://x", "http://", "http://127.0.0.1:nine", "127.0.0.1:8000"])
def test_bad_arguments_are_told_at_once(capsys, address):
    with pytest.raises(SystemExit) as ended:
        simulate_traffic.main(["--n", "0", "--drift-strength", "2", "--service", address])
    assert ended.value.code == 2
    err = capsys.readouterr().err
    assert "--n" in err and "--drift-strength" in err and "--service" in err
