"""Platforms, health, and metrics for Prometheus."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from serving.api.bodies import Health, Platforms
from serving.api.caller import Called, named
from serving.reading.platforms import states
from warehouse.snapshots import current_number

router = APIRouter(tags=["state"])
METHODS = ("GET", "POST")


class Metrics:
    """Counts by route and status only: never an address, an id or a name."""

    def __init__(self) -> None:
        """Begin at nothing, in a registry of its own."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "hub_requests", "Requests answered.", ("route", "method", "status"),
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "hub_request_seconds", "Time to answer.", ("route",), registry=self.registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 5),
        )  # fmt: skip
        self.snapshot = Gauge("hub_snapshot", "Number of the snapshot.", registry=self.registry)

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request."""
        known = method if method in METHODS else "other"
        self.requests.labels(route, known, str(status)).inc()
        self.seconds.labels(route).observe(seconds)


@router.get("/health", responses={200: {"model": Health}})
def health(request: Request) -> Health:
    """Say that the process answers, and from which snapshot; open to everybody."""
    named(request)
    number = current_number(request.app.state.doors.home)
    return Health(status="ok" if number is not None else "no_data", snapshot=number)


@router.get("/metrics", responses={200: {"content": {"text/plain": {}}}})
def metrics(caller: Called) -> Response:
    """Requests and times, for Prometheus; for whoever may see platforms."""
    with caller.doing("platforms"):
        kept: Metrics = caller.request.app.state.metrics
        kept.snapshot.set(current_number(caller.doors.home) or 0)
        caller.note("metrics")
    return Response(generate_latest(kept.registry), media_type="text/plain; version=0.0.4")


@router.get("/platforms", responses={200: {"model": Platforms}})
def platforms(caller: Called) -> Response:
    """How fresh each platform is."""
    with caller.doing("platforms"):
        with caller.brain() as connection:
            found = states(caller.doors.home, caller.doors.ledger, caller.access, connection)
        caller.note("platforms", rows=len(found.platforms))
    return caller.answer({
        "snapshot": caller.snapshot,
        "rows": [
            {"platform": one.name, "title": one.title, "department": one.department,
             "state": one.state, "last_sync": one.last_sync, "records": one.records}
            for one in found.platforms
        ],
    })  # fmt: skip
