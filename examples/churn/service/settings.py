"""What makes this service the service of one model.

Everything comes from the environment, so that one image serves staging and
production:

    MODEL_NAME         registered model (churn-classifier)
    MODEL_ALIAS        alias whose version is served (champion)
    POSITIVE_CLASS     class whose probability is answered (the last of the model's two)
    RELOAD_TOKEN       bearer token of POST /reload; without one it is always refused
    PREDICTION_LOG     folder of the prediction log; without one nothing is logged
    LOG_FLUSH_SECONDS  how long a row may wait in memory before it is written (10)

The registry is the one of MLFLOW_TRACKING_URI.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

# The first word of every metric's name. Another model has another one.
METRIC_PREFIX = "churn"


@dataclass(frozen=True)
class Settings:
    """The settings of one service."""

    model_name: str = "churn-classifier"
    model_alias: str = "champion"
    positive_class: str | None = None
    reload_token: str | None = None
    prediction_log: str | None = None
    log_flush_seconds: float = 10.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Reads the settings; an empty variable counts as none."""
        given = {
            "model_name": environment.get("MODEL_NAME"),
            "model_alias": environment.get("MODEL_ALIAS"),
            "positive_class": environment.get("POSITIVE_CLASS"),
            "reload_token": environment.get("RELOAD_TOKEN"),
            "prediction_log": environment.get("PREDICTION_LOG"),
            "log_flush_seconds": environment.get("LOG_FLUSH_SECONDS"),
        }
        given = {name: value for name, value in given.items() if value}
        if "log_flush_seconds" in given:
            try:
                given["log_flush_seconds"] = float(given["log_flush_seconds"])
            except ValueError:
                given["log_flush_seconds"] = 0.0
            if not 0 < given["log_flush_seconds"] < 3600:
                raise SystemExit("LOG_FLUSH_SECONDS: expected a number of seconds above 0 and below 3600, such as 10")
        return cls(**given)
