"""The service: what it answers, and that a reload costs no request."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conftest import CUSTOMER
from fastapi.exceptions import RequestValidationError
from fastapi.testclient import TestClient
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import Array
from service.app import validated
from service.log import PredictionLog
from service.model import Model, ModelUnusable, request_form, told
from service.settings import METRIC_PREFIX

TOKEN = {"Authorization": "Bearer letmein"}


class Unsure:
    """A classifier that answers no probabilities."""

    classes_ = np.array([0, 1])

    def predict(self, x):
        return np.zeros(len(x))

    def predict_proba(self, x):
        return np.full((len(x), 2), np.nan)


def read_log(folder: Path) -> pd.DataFrame:
    return pd.concat(pd.read_parquet(path) for path in sorted(folder.glob("*.parquet")))


def test_answers_the_champion(registry, service):
    registry.champion(registry.add())
    with TestClient(service()) as client:
        info = client.get("/model-info").json()
        assert (info["model"], info["alias"], info["version"]) == (registry.name, "champion", "1")
        assert client.get("/healthz").json() == {"status": "ok", "version": "1"}
        answer = client.post("/predict", json={"customers": [CUSTOMER, {**CUSTOMER, "tenure": 90}]}, headers={"X-Request-ID": "r"})
        low, high = (p["probability"] for p in answer.json()["predictions"])
        assert [p["request_id"] for p in answer.json()["predictions"]] == ["r-0", "r-1"]
        assert low > 0.9 and high < 0.1  # who is new leaves


def test_answers_as_the_model_itself(registry, service):
    import mlflow

    registry.champion(registry.add(missing="monthly_charges"))
    rows = pd.DataFrame({"tenure": [1.0, 50.0, 70.5], "monthly_charges": [20.0, 70.25, 110.0]})
    own = mlflow.sklearn.load_model(f"models:/{registry.name}/1").predict_proba(rows)[:, 1]
    with TestClient(service()) as client:
        answer = client.post("/predict", json={"customers": rows.to_dict(orient="records")}).json()
    assert [p["probability"] for p in answer["predictions"]] == own.tolist()


@pytest.mark.parametrize("positive, column", [(None, 1), ("Yes", 1), ("No", 0)])
def test_positive_class(registry, service, positive, column):
    import mlflow

    registry.champion(registry.add(labels=("No", "Yes")))
    own = mlflow.sklearn.load_model(f"models:/{registry.name}/1").predict_proba(pd.DataFrame([CUSTOMER]))[0, column]
    with TestClient(service(positive_class=positive)) as client:
        assert client.post("/predict", json={"customers": [CUSTOMER]}).json()["predictions"][0]["probability"] == own


@pytest.mark.parametrize(
    "body, place",
    [
        ({}, ["body", "customers"]),
        ({"customers": []}, ["body", "customers"]),
        ({"customers": [{"tenure": "3", "monthly_charges": 80}]}, ["body", "customers", 0, "tenure"]),
        ({"customers": [CUSTOMER, {"tenure": 3}]}, ["body", "customers", 1, "monthly_charges"]),
        ({"customers": [{**CUSTOMER, "tenur": 3}]}, ["body", "customers", 0, "tenur"]),
        ({"customers": [{**CUSTOMER, "tenure": None}]}, ["body", "customers", 0, "tenure"]),
    ],
)
def test_refuses_another_form(registry, service, body, place):
    registry.champion(registry.add())
    with TestClient(service()) as client:
        answer = client.post("/predict", json=body)
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == place
        assert METRIC_PREFIX + '_requests_total{path="/predict",status="422"} 1.0' in client.get("/metrics").text


@pytest.mark.parametrize(
    "text",
    [
        '{"customers": [{"tenure": NaN, "monthly_charges": 1}]}',
        '{"customers": [{"tenure": 1e999, "monthly_charges": 1}]}',
        '{"customers": [{"tenure": "\\ud800", "monthly_charges": 1}]}',
        '{"customers": [{"tenure": 1, "monthly_charges": 1, "\\ud800": 1}]}',
        '{"customers": NaN}',
    ],
)
def test_what_python_reads_and_json_does_not_have(registry, service, text):
    registry.champion(registry.add())
    with TestClient(service(), raise_server_exceptions=False) as client:
        answer = client.post("/predict", content=text, headers={"Content-Type": "application/json"})
        [wrong] = answer.json()["detail"]
        assert answer.status_code == 422 and wrong["loc"][1] == "customers"
        assert set(wrong) == {"type", "loc", "msg"}  # and nothing of what was sent


def model_of(*columns: ColSpec) -> Model:
    """A model that answers 0.25 to anything that has these columns."""
    estimator = SimpleNamespace(predict_proba=lambda frame: np.full((len(frame), 2), [0.75, 0.25]))
    signature = ModelSignature(inputs=Schema(list(columns)))
    return Model("m", "champion", "1", "now", signature, request_form("m", signature), estimator, 1)


@pytest.mark.parametrize(
    "kind, good, bad",
    [
        ("double", [1, -2.5, 1e308], ["1", True, 10**400]),
        ("float", [1, 3.4e38], [1e39]),
        ("long", [-(2**63), 2**63 - 1], [2**63, 1.5, True]),
        ("integer", [2**31 - 1], [2**31, "1"]),
        ("boolean", [True, False], [1, "true"]),
        ("string", ["", "é"], [1]),
        ("datetime", ["2026-12-01", "2026-12-01T04:00:00+02:00"], ["0001-01-01", "3000-01-01T00:00:00Z", "noon"]),
    ],
)
def test_every_type_of_a_signature(tmp_path, kind, good, bad):
    for required in (True, False):
        model = model_of(ColSpec(kind, "x", required=required))
        values = [{"x": value} for value in good] + ([] if required else [{"x": None}, {}])
        read = validated(model, values)
        assert model.probabilities(read) == [0.25] * len(values)
        log = PredictionLog(str(tmp_path / str(required)))
        log.add([{**row("r"), **customer} for customer in read], model.log_schema())
        log.close()
        assert len(read_log(tmp_path / str(required))) == len(values)
        for value in bad:
            with pytest.raises(RequestValidationError):
                validated(model, [{"x": value}])


def test_a_time_is_read_in_utc():
    [read] = validated(model_of(ColSpec("datetime", "x")), [{"x": "2026-12-01T04:00:00+02:00"}])
    assert read["x"] == datetime(2026, 12, 1, 2)


def test_a_column_that_json_does_not_carry():
    with pytest.raises(ModelUnusable, match="'x' of type"):
        model_of(ColSpec(Array(DataType.double), "x"))


def test_an_error_is_told_without_the_password():
    assert told(ValueError("GET http://me:secret@host/api\nrefused")) == "GET http://host/api refused"
    assert len(told(ValueError("x" * 9999))) == 500


def test_a_column_that_may_be_missing(registry, service, tmp_path):
    from sklearn.ensemble import HistGradientBoostingClassifier

    table = pd.DataFrame({"tenure": np.arange(200.0), "monthly_charges": np.where(np.arange(200) % 9, 50.0, np.nan)})
    fitted = HistGradientBoostingClassifier(max_iter=5).fit(table, np.arange(200) < 100)
    registry.champion(registry.add(estimator=fitted, missing="monthly_charges"))
    with TestClient(service()) as client:
        for customer in [{"tenure": 3}, {"tenure": 3, "monthly_charges": None}]:
            assert client.post("/predict", json={"customers": [customer]}).status_code == 200
    assert read_log(tmp_path / "log")["monthly_charges"].isna().all()


def test_without_a_champion(registry, service):
    version = registry.add()
    with TestClient(service()) as client:
        assert client.get("/healthz").status_code == 503
        answer = client.post("/predict", json={"customers": [CUSTOMER]})
        assert answer.status_code == 503 and "@champion" in answer.json()["detail"]
        registry.champion(version)
        assert client.post("/reload", headers=TOKEN).json()["version"] == "1"
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "letmein"}])
def test_reload_needs_the_token(registry, service, header):
    registry.champion(registry.add())
    with TestClient(service()) as client:
        registry.champion(registry.add())
        assert client.post("/reload", headers=header).status_code == 401
        assert client.get("/model-info").json()["version"] == "1"
    with TestClient(service(reload_token=None)) as client:
        assert client.post("/reload", headers={"Authorization": "Bearer "}).status_code == 401


@pytest.mark.parametrize(
    "change, why",
    [
        ({"estimator": Unsure()}, "input example"),
        ({"example": False}, "input_example=features.head()"),
        ({"labels": ("same", "same")}, None),
        ({"columns": ("tenure", "monthly_charges", "region")}, "asks for 'region', which no client sends"),
        ({"columns": ("tenure",)}, "does not know 'monthly_charges'"),
    ],
)
def test_a_version_that_cannot_be_served(registry, service, change, why):
    registry.champion(registry.add(missing=None))
    if why is None:  # one class only: scikit-learn itself does not fit it, so a model of one class comes from elsewhere
        broken = Unsure()
        broken.classes_ = np.array([0])
        change, why = {"estimator": broken}, "expected two"
    with TestClient(service()) as client:
        registry.champion(registry.add(**change))
        answer = client.post("/reload", headers=TOKEN)
        assert answer.status_code == 409 and why in answer.json()["detail"]
        assert client.get("/model-info").json()["version"] == "1"
        assert client.post("/predict", json={"customers": [CUSTOMER]}).json()["version"] == "1"
        assert METRIC_PREFIX + '_reloads_total{outcome="refused"} 1.0' in client.get("/metrics").text


def test_a_changed_signature_on_purpose(registry, service, tmp_path):
    registry.champion(registry.add())
    with TestClient(service()) as client:
        client.post("/predict", json={"customers": [CUSTOMER]})
        registry.champion(registry.add(columns=("tenure", "region")))
        answer = client.post("/reload?allow-signature-change=true", headers=TOKEN)
        assert answer.json()["version"] == "2"
        assert client.post("/predict", json={"customers": [{"tenure": 1.0, "region": 2.0}]}).status_code == 200
    assert read_log(tmp_path / "log").groupby("version")["region"].count().to_dict() == {"1": 0, "2": 1}


def test_no_request_fails_while_it_reloads(registry, service, tmp_path):
    versions = [registry.add(), registry.add()]
    registry.champion(versions[0])
    reloads = 0
    with TestClient(service()) as client, ThreadPoolExecutor(4) as pool:
        going = threading.Event()
        going.set()

        def ask(stream: int) -> list[tuple[str, int, str]]:
            answers = []
            while going.is_set():
                id_ = f"{stream}-{len(answers)}"
                answer = client.post("/predict", json={"customers": [CUSTOMER]}, headers={"X-Request-ID": id_})
                answers.append((id_, answer.status_code, answer.json().get("version")))
            return answers

        streams = [pool.submit(ask, i) for i in range(4)]
        for i in range(6):
            time.sleep(0.2)  # requests of the version before
            registry.champion(versions[(i + 1) % 2])
            assert client.post("/reload", headers=TOKEN).json()["version"] == versions[(i + 1) % 2]
            reloads += 1
        going.clear()
        answers = [a for s in streams for a in s.result()]
    assert reloads == 6 and len(answers) >= 24
    assert {status for _, status, _ in answers} == {200}
    log = read_log(tmp_path / "log")
    assert sorted(log["request_id"]) == sorted(id_ for id_, _, _ in answers)
    assert set(zip(log["request_id"], log["version"])) == {(id_, version) for id_, _, version in answers}
    assert set(log["version"]) == set(versions)


FEATURES = [("tenure", pa.float64())]


def row(id_: str) -> dict:
    return {"request_id": id_, "version": "1", "probability": 0.5, "tenure": 1.0}


def test_log_by_the_hour(tmp_path):
    clock = [1_796_100_000.0]  # 2026-12-01T04:40
    log = PredictionLog(str(tmp_path), now=lambda: clock[0])
    for minutes in range(0, 60, 10):
        clock[0] = 1_796_100_000 + minutes * 60
        log.add([row(str(minutes))], FEATURES)
    log.flush()
    log.add([row("60")], FEATURES)
    log.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name.split(".")[0] for name in names] == ["2026-12-01T04", "2026-12-01T05", "2026-12-01T05"]
    assert all(name.endswith(".parquet") for name in names)
    assert sorted(read_log(tmp_path)["request_id"]) == sorted(map(str, range(0, 70, 10)))


def test_log_waits_for_a_disk_that_refuses(tmp_path, monkeypatch):
    lost = []
    log = PredictionLog(str(tmp_path), lost=lost.append)
    monkeypatch.setattr("service.log.MOST", 3)
    with monkeypatch.context() as broken:
        broken.setattr("service.log.pq.write_table", lambda *_: (_ for _ in ()).throw(OSError("no space")))
        for i in range(5):
            log.add([row(str(i))], FEATURES)
            log.flush()
        assert not list(tmp_path.iterdir())
    log.close()
    assert sorted(read_log(tmp_path)["request_id"]) == ["2", "3", "4"] and sum(lost) == 2


def test_log_goes_on_after_rows_that_parquet_refuses(tmp_path):
    lost = []
    log = PredictionLog(str(tmp_path), lost=lost.append)
    log.add([{**row("bad"), "tenure": "long"}], FEATURES)
    log.flush()
    log.add([row("good")], FEATURES)
    log.close()
    assert read_log(tmp_path)["request_id"].tolist() == ["good"] and lost == [1]
