"""The Prometheus metrics of the service.

    churn_requests_total{path, status}        answered requests
    churn_request_seconds{path}               histogram of the time an answer took
    churn_prediction_probability{version}     histogram of the probabilities
    churn_model_version{model, version}       1 for the version that is served
    churn_reloads_total{outcome}              reloads: swapped, unchanged, refused, failed
    churn_prediction_log_lost_total           rows that could not be written, and are gone
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from service.settings import METRIC_PREFIX as PREFIX

SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10)
PROBABILITIES = tuple(i / 20 for i in range(1, 21))


class Metrics:
    """One set of metrics, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self.requests = Counter(f"{PREFIX}_requests", "Answered requests.", ["path", "status"], registry=r)
        self.seconds = Histogram(f"{PREFIX}_request_seconds", "Time to the answer.", ["path"], buckets=SECONDS, registry=r)
        self.probability = Histogram(
            f"{PREFIX}_prediction_probability", "Probabilities.", ["version"], buckets=PROBABILITIES, registry=r
        )
        self.version = Gauge(f"{PREFIX}_model_version", "1 for the version served.", ["model", "version"], registry=r)
        self.reloads = Counter(f"{PREFIX}_reloads", "Reloads by their outcome.", ["outcome"], registry=r)
        self.log_lost = Counter(f"{PREFIX}_prediction_log_lost", "Rows lost to the prediction log.", registry=r)

    def serves(self, model: str, version: str) -> None:
        """Notes that this version, and no other, is served from now on."""
        self.version.clear()
        self.version.labels(model, version).set(1)
