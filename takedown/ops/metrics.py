"""`/metrics` for Prometheus.

What waits, is late or is open is read from PostgreSQL when it is asked for: it is the same for every process. Only the calls that web
processes answered are counted where they happen, in files that all workers of one server share (`takedown.gunicorn` makes the folder);
a registry in memory would show those of one worker at a time.
"""

import os
from collections.abc import Iterator, Mapping

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from takedown.ops import standing
from takedown.ops.health import broker_answers
from takedown.ops.networks import is_insider

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Variable that names the shared folder; the library reads it, too."""

_REQUESTS = Counter("takedown_http_requests", "Calls answered, by route and status.", ("route", "method", "status"))
_SECONDS = Histogram(
    "takedown_http_request_seconds",
    "How long answers took, by route.",
    ("route",),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def count(request: HttpRequest, response: HttpResponseBase, route: str, seconds: float) -> None:
    """Count one answer. A stranger cannot make up labels: routes are ours, and methods are those that exist."""
    method = request.method if request.method in _METHODS else "other"
    _REQUESTS.labels(route, method, str(response.status_code)).inc()
    _SECONDS.labels(route).observe(seconds)


class Read(Collector):
    """The readings of `standing`, as gauges. Without the database only that it is away."""

    def collect(self) -> Iterator[Metric]:
        yield _gauge("takedown_broker_up", "Whether Redis answers.", broker_answers())
        try:
            found = standing.read()
        except (DatabaseError, InterfaceError):
            yield _gauge("takedown_database_up", "Whether PostgreSQL answers in time.", False)
            return
        yield _gauge("takedown_database_up", "Whether PostgreSQL answers in time.", True)
        yield _gauge("takedown_oldest_due_look_seconds", "How late the look is that is due longest.", found.oldest_look)
        yield _gauge("takedown_oldest_unsent_seconds", "How late the request is that should have been sent first.", found.oldest_unsent)
        yield _gauge("takedown_breaches_today", "Deadlines of this day (UTC) that were missed.", found.breaches_today)
        yield _gauge("takedown_sending_held", "Whether nothing is sent until a restore is reconciled.", found.held)
        yield _family("takedown_due_looks", "Looks that are due, without those at paused platforms.", ("platform",), found.due_looks)
        yield _family("takedown_breaker_open", "Whether a platform is not called because calls failed.", ("platform",), found.breakers)
        yield _family("takedown_unsent_requests", "Requests that have not left.", ("status", "channel"), found.unsent)
        yield _family("takedown_heartbeat_age_seconds", "Since a part of the engine was last heard of.", ("name",), found.beats)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))


def _family(name: str, text: str, labels: tuple[str, ...], values: Mapping[str, float] | Mapping[tuple[str, str], float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for label, value in values.items():
        family.add_metric(label if isinstance(label, tuple) else (label,), float(value))
    return family


def page(request: HttpRequest) -> HttpResponse:
    """For `METRICS_NETWORKS`; to others it does not exist."""
    if not is_insider(request):
        return HttpResponse("There is nothing here.", status=404, content_type="text/plain")
    registry = CollectorRegistry()
    registry.register(Read())
    if os.environ.get(FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library is untyped here
        counted = generate_latest(registry)
    else:
        counted = generate_latest(registry) + generate_latest(REGISTRY)
    return HttpResponse(counted, content_type="text/plain; version=0.0.4; charset=utf-8")
