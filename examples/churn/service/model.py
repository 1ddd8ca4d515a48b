"""A version of the registered model, loaded, checked, and with its request form.

`load_version` gives a Model only when it has shown that it can predict: its
signature names columns, it has two classes, and it answers its own input
example with probabilities. Whatever is wrong raises ModelUnusable, whose text
is for the person who asked for the version.
"""

import os
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Annotated, Any

import mlflow
import numpy as np
import pandas as pd
import pyarrow as pa
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import DataType
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

# MLflow's own defaults keep a caller waiting for minutes while the registry is down.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")


class ModelUnusable(Exception):
    """The version cannot be served; the text says why."""

    passing = False  # it may work when it is tried again


class RegistryFailed(ModelUnusable):
    """The registry could not be asked, which another try may mend."""

    passing = True


def naive_utc(time: datetime) -> datetime:
    """The form in which pandas and MLflow keep times. Raises ValueError for a year that pandas does not have."""
    stamp = pd.Timestamp(time).as_unit("ns")
    return (stamp.tz_convert(None) if stamp.tzinfo else stamp).to_pydatetime(warn=False)


def between(kind: type, limits: Any) -> Any:
    """A number that the pandas column has room for."""
    more = {"allow_inf_nan": False} if kind is float else {}
    return Annotated[kind, Field(ge=kind(limits.min), le=kind(limits.max), **more)]


# Of each type of MLflow's signatures: the type of the JSON value, of the pandas
# column, of one where values may be missing, and of the prediction log.
TYPES = {
    DataType.double: (between(float, np.finfo("float64")), "float64", "float64", pa.float64()),
    DataType.float: (between(float, np.finfo("float32")), "float32", "float32", pa.float32()),
    DataType.long: (between(int, np.iinfo("int64")), "int64", "float64", pa.int64()),
    DataType.integer: (between(int, np.iinfo("int32")), "int32", "float64", pa.int32()),
    DataType.boolean: (bool, "bool", "object", pa.bool_()),
    DataType.string: (str, "object", "object", pa.string()),
    # JSON has texts for times.
    DataType.datetime: (
        Annotated[datetime, Field(strict=False), AfterValidator(naive_utc)],
        "datetime64[ns]",
        "datetime64[ns]",
        pa.timestamp("us"),
    ),
}


@dataclass(frozen=True)
class Model:
    """One version in memory. It never changes: another version is another Model."""

    name: str
    alias: str
    version: str
    loaded_at: str
    signature: ModelSignature
    customer: type[BaseModel]
    estimator: Any
    positive: int  # column of predict_proba

    def info(self) -> dict[str, str]:
        """What GET /model-info answers."""
        return {"model": self.name, "alias": self.alias, "version": self.version, "loaded_at": self.loaded_at}

    def probabilities(self, customers: list[dict[str, Any]]) -> list[float]:
        """Returns the probability of the positive class of each customer."""
        columns = self.signature.inputs.inputs
        frame = pd.DataFrame(customers, columns=[column.name for column in columns])
        frame = frame.astype({c.name: TYPES[c.type][1 if c.required else 2] for c in columns})
        scores = np.asarray(self.estimator.predict_proba(frame), dtype=float)[:, self.positive]
        if not (np.isfinite(scores).all() and (scores >= 0).all() and (scores <= 1).all()):
            raise ValueError(f"{self.name} v{self.version} answered something else than probabilities")
        return scores.tolist()

    def log_schema(self) -> list[tuple[str, pa.DataType]]:
        """The columns of the features in the prediction log."""
        return [(column.name, TYPES[column.type][3]) for column in self.signature.inputs.inputs]


def told(err: Exception) -> str:
    """The text of an error, in one line that may be shown: without what stands before the @ of an address."""
    text = re.sub(r"//[^/@\s]*@", "//", " ".join(str(err).split()))
    return text if len(text) <= 500 else text[:499] + "…"


def champion_version(name: str, alias: str) -> str:
    """Asks the registry which version the alias points at."""
    try:
        return str(mlflow.MlflowClient().get_model_version_by_alias(name, alias).version)
    except MlflowException as err:
        known = err.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
        raise (ModelUnusable if known else RegistryFailed)(f"asking for {name}@{alias}: {told(err)}") from err


def load_version(name: str, alias: str, version: str, positive_class: str | None = None) -> Model:
    """Loads a version and tries it on its own input example."""
    try:
        loaded = mlflow.pyfunc.load_model(f"models:/{name}/{version}")
    except Exception as err:  # unpickling can raise anything
        raise ModelUnusable(f"{name} v{version} does not load: {told(err)}") from err
    what = f"{name} v{version}"
    signature = loaded.metadata.signature
    estimator = loaded.get_raw_model()
    model = Model(
        name=name,
        alias=alias,
        version=version,
        loaded_at=datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        signature=signature,
        customer=request_form(what, signature),
        estimator=estimator,
        positive=positive_column(what, estimator, positive_class),
    )
    check(model, loaded.input_example)
    return model


def positive_column(what: str, estimator: Any, positive_class: str | None) -> int:
    """Which column of predict_proba is the positive class."""
    if not hasattr(estimator, "predict_proba"):
        raise ModelUnusable(f"{what} has no predict_proba; expected a classifier with scikit-learn's interface")
    classes = [str(c) for c in getattr(estimator, "classes_", [])]
    if len(classes) != 2:
        raise ModelUnusable(f"{what} has the classes {classes}; expected two")
    if positive_class is None:
        return 1
    if positive_class not in classes:
        raise ModelUnusable(f"{what} has the classes {classes}; POSITIVE_CLASS is {positive_class!r}")
    return classes.index(positive_class)


def request_form(what: str, signature: ModelSignature | None) -> type[BaseModel]:
    """Makes the pydantic model of one customer from the model's signature.

    A column that the signature does not know is refused, because a misspelt
    optional one would be taken for a missing value.
    """
    if signature is None or signature.inputs is None or not signature.inputs.has_input_names():
        raise ModelUnusable(f"{what} has no signature of named columns; log it with signature=infer_signature(...)")
    fields: dict[str, Any] = {}
    for i, column in enumerate(signature.inputs.inputs):
        if not isinstance(column.type, DataType) or column.type not in TYPES:  # arrays and objects have no hash
            raise ModelUnusable(f"{what} has a column {column.name!r} of type {column.type}, which JSON does not carry")
        kind = TYPES[column.type][0]
        # Python names of their own, as a column may be called anything.
        fields[f"column_{i}"] = (
            (kind, Field(alias=column.name)) if column.required else (kind | None, Field(None, alias=column.name))
        )
    return create_model("Customer", __config__=ConfigDict(extra="forbid", strict=True), **fields)


def check(model: Model, example: Any) -> None:
    """Predicts the input example that was logged with the model."""
    if example is None:
        raise ModelUnusable(
            f"{model.name} v{model.version} was logged without an input example to try it on; "
            "log it with input_example=features.head()"
        )
    rows = pd.DataFrame(example).astype(object)
    try:
        model.probabilities(rows.where(rows.notna(), None).to_dict(orient="records"))
    except Exception as err:  # so can predicting
        raise ModelUnusable(f"{model.name} v{model.version} does not predict its own input example: {told(err)}") from err


def signature_change(old: Model, new: Model) -> str:
    """What a client of the old model would run into; "" where nothing."""
    before = {c.name: c for c in old.signature.inputs.inputs}
    after = {c.name: c for c in new.signature.inputs.inputs}
    found = [
        f"asks for {name!r}, which no client sends" for name, c in after.items() if name not in before and c.required
    ]
    found += [f"does not know {name!r}" for name in before if name not in after]
    for name in before.keys() & after.keys():
        was, becomes = before[name], after[name]
        if was.type != becomes.type:
            found.append(f"takes {name!r} as {becomes.type.name}, not {was.type.name}")
        if becomes.required and not was.required:
            found.append(f"does not take {name!r} without a value any more")
    return "; ".join(sorted(found))
