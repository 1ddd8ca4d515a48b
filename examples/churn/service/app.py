"""The service of the churn model: FastAPI, one process, one model in memory.

    python -m uvicorn service.app:app --port 8000

    POST /predict     {"customers": [{...}, ...]} gives one probability for each
    GET  /model-info  which version is served, and since when
    POST /reload      loads the version that the alias points at now
    GET  /healthz     200 while a model is served, else 503
    GET  /metrics     for Prometheus, see metrics.py

A reload loads the new version beside the old one, tries it, and then swaps one
reference: a request is answered by the old version or by the new one, and none
fails. A version that cannot be served leaves the old one serving. So does one
whose signature would refuse what clients send, unless the reload says
?allow-signature-change=true.

Each process has its own model and its own metrics, so run one worker in each
container, and reload each of them.
"""

import hmac
import json
import logging
import threading
import time
import uuid
from contextlib import asynccontextmanager
from typing import Annotated, Any, AsyncIterator, Callable

from fastapi import FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from service.log import PredictionLog
from service.metrics import Metrics
from service.model import Model, ModelUnusable, champion_version, load_version, signature_change, told
from service.settings import Settings

LOG = logging.getLogger("uvicorn.error")
MOST_CUSTOMERS = 1_000


class Predict(BaseModel):
    """The body of POST /predict; what a customer is, the model's signature says."""

    model_config = ConfigDict(extra="forbid")
    customers: list[dict[str, Any]] = Field(min_length=1, max_length=MOST_CUSTOMERS)


class Service:
    """The model that is served now, and the ways to change it."""

    def __init__(self, settings: Settings, load: Callable[..., Model] = load_version) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.log = PredictionLog(
            settings.prediction_log, settings.log_flush_seconds, lost=lambda rows: self.metrics.log_lost.inc(rows)
        )
        self.model: Model | None = None
        self.why_not = "no model was loaded yet"
        self.load = load
        self.reloading = threading.Lock()

    def reload(self, allow_signature_change: bool = False) -> Model:
        """Serves the version of the alias. Raises ModelUnusable, and serves on what it served."""
        with self.reloading:
            try:
                new = self._champion(allow_signature_change)
            except ModelUnusable as err:
                self.metrics.reloads.labels("failed" if err.passing else "refused").inc()
                self.why_not = str(err)
                raise
            except Exception as err:
                self.metrics.reloads.labels("failed").inc()
                self.why_not = f"reloading: {type(err).__name__}: {told(err)}"
                raise ModelUnusable(self.why_not) from err
            self.metrics.reloads.labels("unchanged" if new is self.model else "swapped").inc()
            self.metrics.serves(new.name, new.version)
            self.model = new
            return new

    def _champion(self, allow_signature_change: bool) -> Model:
        old, s = self.model, self.settings
        version = champion_version(s.model_name, s.model_alias)
        if old is not None and old.version == version:
            return old
        new = self.load(s.model_name, s.model_alias, version, s.positive_class)
        change = signature_change(old, new) if old is not None else ""
        if change and not allow_signature_change:
            raise ModelUnusable(
                f"{new.name} v{new.version} has another signature than v{old.version}: it {change}; "
                "when the clients are ready for it, reload with ?allow-signature-change=true"
            )
        return new

    def current(self) -> Model:
        """The model that is served; 503 while there is none."""
        if self.model is None:
            raise HTTPException(503, f"no model is served: {self.why_not}")
        return self.model

    def predict(self, body: Predict, request_id: str | None) -> dict[str, Any]:
        """Answers and logs one request. The whole of it is answered by one version."""
        model = self.current()
        customers = validated(model, body.customers)
        scores = model.probabilities(customers)
        first = request_id or str(uuid.uuid4())
        ids = [first] if len(scores) == 1 else [f"{first}-{i}" for i in range(len(scores))]
        observe = self.metrics.probability.labels(model.version).observe
        for score in scores:
            observe(score)
        self.log.add(
            [
                {**customer, "request_id": id_, "version": model.version, "probability": score}
                for customer, id_, score in zip(customers, ids, scores)
            ],
            model.log_schema(),
        )
        return {
            "model": model.name,
            "version": model.version,
            "predictions": [{"request_id": id_, "probability": score} for id_, score in zip(ids, scores)],
        }


def validated(model: Model, customers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Holds customers to the model's signature; FastAPI answers 422 with every field that is wrong."""
    try:
        read = TypeAdapter(list[model.customer]).validate_python(customers)
    except ValidationError as err:
        raise RequestValidationError(
            [{**e, "loc": ("body", "customers", *e["loc"])} for e in err.errors()]
        ) from err
    return [customer.model_dump(by_alias=True) for customer in read]


def create_app(settings: Settings | None = None, load: Callable[..., Model] = load_version) -> FastAPI:
    """Makes the application. It starts without a model where none can be loaded, and says why."""
    service = Service(settings or Settings.from_environment(), load)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.log.start()
        try:
            service.reload()
        except ModelUnusable as err:
            LOG.error("serving no model: %s", err)
        yield
        service.log.close()

    app = FastAPI(title=f"{service.settings.model_name} service", lifespan=lifespan)
    app.state.service = service

    @app.middleware("http")
    async def measured(request: Request, call_next: Callable[[Request], Any]) -> Response:
        began = time.perf_counter()
        status = 500
        try:
            response = await call_next(request)
            status = response.status_code
            return response
        finally:
            # The route, not the address: anybody can ask for any address.
            path = getattr(request.scope.get("route"), "path", "other")
            service.metrics.requests.labels(path, str(status)).inc()
            service.metrics.seconds.labels(path).observe(time.perf_counter() - began)

    @app.exception_handler(RequestValidationError)
    async def wrong(_: Request, err: RequestValidationError) -> Response:
        # What was sent is not repeated: it is somebody's data, and may be no JSON (NaN, half a surrogate pair).
        detail = [{"type": e["type"], "loc": e["loc"], "msg": e["msg"]} for e in err.errors()]
        return Response(json.dumps({"detail": detail}), 422, media_type="application/json")

    @app.post("/predict")
    def predict(body: Predict, x_request_id: Annotated[str | None, Header(max_length=200)] = None) -> dict[str, Any]:
        return service.predict(body, x_request_id)

    @app.get("/model-info")
    async def model_info() -> dict[str, str]:
        return service.current().info()

    @app.post("/reload")
    def reload(
        authorization: Annotated[str, Header()] = "",
        allow_signature_change: Annotated[bool, Query(alias="allow-signature-change")] = False,
    ) -> dict[str, str]:
        token = service.settings.reload_token or ""
        if not token or not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "POST /reload needs the bearer token of RELOAD_TOKEN", {"WWW-Authenticate": "Bearer"})
        try:
            return service.reload(allow_signature_change).info()
        except ModelUnusable as err:
            raise HTTPException(503 if err.passing else 409, str(err)) from err

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok", "version": service.current().version}

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return app


app = create_app()
