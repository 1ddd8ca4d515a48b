"""A registered model of the test's own, of versions that take milliseconds to fit; and ct-action."""

import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

CUSTOMER = {"tenure": 3.0, "monthly_charges": 80.0}


@dataclass
class Registry:
    """Registers versions of one model and moves its @champion."""

    name: str

    def add(
        self,
        columns: tuple[str, ...] = ("tenure", "monthly_charges"),
        labels: tuple[Any, Any] = (0, 1),
        example: bool = True,
        estimator: Any = None,
        missing: str | None = None,
    ) -> str:
        """Registers a model of these columns and returns its version."""
        rng = np.random.default_rng(len(columns))
        table = pd.DataFrame(rng.normal(50, 20, size=(200, len(columns))), columns=list(columns))
        truth = np.where(table[columns[0]] + rng.normal(0, 5, 200) < 50, labels[1], labels[0])
        model = estimator or make_pipeline(StandardScaler(), LogisticRegression()).fit(table, truth)
        form = table.copy()
        if missing:
            form.loc[0, missing] = np.nan
        with mlflow.start_run():
            logged = mlflow.sklearn.log_model(
                model,
                name="model",
                registered_model_name=self.name,
                signature=infer_signature(form, truth[:5]),
                input_example=table.head() if example else None,
                serialization_format="cloudpickle",
                pip_requirements=["scikit-learn"],
            )
        return str(logged.registered_model_version)

    def champion(self, version: str) -> None:
        """Moves @champion."""
        mlflow.MlflowClient().set_registered_model_alias(self.name, "champion", version)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> None:
    """An MLflow store for all tests, SQLite and files, no server: making one takes seconds."""
    folder = tmp_path_factory.mktemp("mlflow")
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.MlflowClient().create_experiment("tests", artifact_location=(folder / "artifacts").as_uri())
    mlflow.set_experiment("tests")


@pytest.fixture
def registry(store: None) -> Registry:
    """A registered model that no other test has."""
    return Registry(f"churn-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def service(registry: Registry, tmp_path: Path) -> Callable[..., Any]:
    """Makes the service of the registry, as a FastAPI application."""
    from service.app import create_app
    from service.settings import Settings

    def make(**more: Any) -> Any:
        settings = {"model_name": registry.name, "reload_token": "letmein", "prediction_log": str(tmp_path / "log")}
        return create_app(Settings(**{**settings, **more}))

    return make


@pytest.fixture(scope="session")
def ct_action() -> str:
    """The binary: CT_ACTION, or that on the PATH, or that of the repository's build."""
    built = Path(__file__).resolve().parents[3] / "bin" / "ct-action"
    found = shutil.which(os.environ.get("CT_ACTION", "ct-action")) or shutil.which(built)
    if not found:
        pytest.skip("no ct-action: put it on the PATH, or its path in CT_ACTION")
    return found
