"""Numbers for Prometheus, at a place of their own: what this process did, how the service stands.

No label holds anything of a reader's: routes are named as the code names them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from fastapi import FastAPI, Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from mailer.domain.settings.transport_url import Destination
from mailer.errors import MailerError
from mailer.services.operation.figures import Figures, figures
from mailer.services.operation.opening import Store
from mailer.web import health
from mailer.web.site import Site

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS: Final = frozenset({"GET", "HEAD", "POST"})


class Metrics:
    """The counters of one process."""

    def __init__(self, store: Store, urls: Sequence[Destination]) -> None:
        """Use the relays and the store, which is asked whenever somebody wants the numbers."""
        self.registry = CollectorRegistry()
        self._answers = Counter(
            "mailer_web_answers",
            "Answers to requests, by method, route and status.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "mailer_web_seconds",
            "How long answers took.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.registry.register(_Service(store, urls))

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        known = method if method in METHODS else "other"
        self._answers.labels(known, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)


class _Service(Collector):
    """The status of the service, read from the store."""

    def __init__(self, store: Store, urls: Sequence[Destination]) -> None:
        self._store, self._relays = store, urls

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("mailer_store_up", "Whether the store answers.")
        try:
            now = figures(self._store, [relay.name for relay in self._relays])
        except MailerError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from _gauges(now)


def _gauges(now: Figures) -> Iterator[Metric]:
    yield _gauge("mailer_subscribers", "Subscribers.", "status", now.subscribers)
    yield _gauge("mailer_suppressed", "Addresses that are never mailed.", "", now.suppressed)
    mails = now.service_mails
    yield _gauge("mailer_service_mails", "Service mails of late, by state.", "state", mails)
    mails = now.inbound_mails
    yield _gauge("mailer_inbound_mails", "Mail that came in and is kept.", "state", mails)
    octets = {"all": now.inbound_octets, "strangers": now.strangers_octets}
    yield _gauge("mailer_inbound_bytes", "Room that mail takes which came in.", "by", octets)
    yield _gauge("mailer_forms_waiting", "Forms not acted on yet.", "", now.forms_waiting)
    jobs = now.jobs_waiting
    yield _gauge("mailer_jobs_waiting", "Jobs that no worker has taken yet.", "queue", jobs)
    late = now.late_answers
    yield _gauge("mailer_relay_late", "Answers that are late.", "relay", late)
    silent = {name: int(told) for name, told in now.silent.items()}
    yield _gauge("mailer_relay_silent", "Whether a relay is silent.", "relay", silent)
    refused = now.jobs_refused
    yield _gauge("mailer_jobs_refused", "Found in queues, and no jobs of ours.", "", refused)
    yield _gauge("mailer_webhooks", "Endpoints of web hooks by state.", "state", now.webhooks)
    yield _gauge("mailer_campaigns_open", "Campaigns by state.", "state", now.campaigns)


def create_metrics_app(site: Site, metrics: Metrics) -> FastAPI:
    """Make what is served at `metrics_listen`."""
    app = FastAPI(title="Mailer", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.site = site
    app.include_router(health.router)

    @app.get("/metrics")
    def numbers(_request: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return app


def _gauge(name: str, about: str, label: str, found: Mapping[str, int] | int) -> GaugeMetricFamily:
    made = GaugeMetricFamily(name, about, labels=[label] if label else [])
    if isinstance(found, int):
        made.add_metric([], found)
    else:
        for value, number in found.items():
            made.add_metric([value], number)
    return made
