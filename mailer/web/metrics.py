"""Numbers for Prometheus, at a place of their own: what this process did, how the service stands.

No label holds anything of a reader's: routes are named as the code names them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import redis
from fastapi import FastAPI, Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from mailer.domain.campaigns.campaign import State
from mailer.domain.settings.transport_url import Destination
from mailer.errors import MailerError
from mailer.store import keys, outbox
from mailer.store import queue as queues
from mailer.store.campaigns import records as campaigns
from mailer.store.campaigns import relays
from mailer.store.inbound import mails as inbound
from mailer.store.inbound import room
from mailer.store.queue import QueueName, queue
from mailer.store.server.connection import Store
from mailer.store.subscribers import forms
from mailer.store.subscribers import records as subscribers
from mailer.web import health
from mailer.web.site import Site

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS: Final = frozenset({"GET", "HEAD", "POST"})


class Metrics:
    """What one process counts."""

    def __init__(self, store: Store, urls: Sequence[Destination]) -> None:
        """Take the store, which is asked whenever somebody wants the numbers, and the relays."""
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
    """How the service stands, read from the store."""

    def __init__(self, store: Store, urls: Sequence[Destination]) -> None:
        self._store, self._relays = store, urls

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("mailer_store_up", "Whether the store answers.")
        try:
            found = [*self._gauges()]
        except (redis.RedisError, MailerError):
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from found

    def _gauges(self) -> Iterator[Metric]:
        store = self._store
        counts = subscribers.count(store)
        yield _gauge("mailer_subscribers", "Subscribers.", "status", counts.by_status)
        yield _gauge("mailer_suppressed", "Addresses that are never mailed.", "", counts.suppressed)
        mails = {state.value: number for state, number in outbox.counts(store).items()}
        yield _gauge("mailer_service_mails", "Service mails of late, by state.", "state", mails)
        mails = {state.value: number for state, number in inbound.counts(store).items()}
        yield _gauge("mailer_inbound_mails", "Mail that came in and is kept.", "state", mails)
        octets = {"all": room.bytes_kept(store), "strangers": room.bytes_of_strangers(store)}
        yield _gauge("mailer_inbound_bytes", "Room that mail takes which came in.", "by", octets)
        waiting = forms.waiting(store)
        yield _gauge("mailer_forms_waiting", "Forms not acted on yet.", "", waiting)
        jobs = {name.value: queue(store.redis, name).count for name in QueueName}
        yield _gauge("mailer_jobs_waiting", "Jobs that no worker has taken yet.", "queue", jobs)
        names = [relay.name for relay in self._relays]
        late = relays.late(store, names)
        counts_late = {name: late[name].answers if name in late else 0 for name in names}
        yield _gauge("mailer_relay_late", "Answers that are late.", "relay", counts_late)
        silent = {name: int(name in late and late[name].silent) for name in names}
        yield _gauge("mailer_relay_silent", "Whether a relay is silent.", "relay", silent)
        refused = queues.refused(store.redis)
        yield _gauge("mailer_jobs_refused", "Found in queues, and no jobs of ours.", "", refused)
        yield _gauge("mailer_campaigns_open", "Campaigns by state.", "state", self._open())

    def _open(self) -> dict[str, int]:
        found = {state.value: 0 for state in (State.SENDING, State.PAUSED, State.CANCELLED)}
        for number in campaigns.open_numbers(self._store):
            state = campaigns.get(self._store, number).state.value
            found[state] = found.get(state, 0) + 1
        found[State.SCHEDULED.value] = int(self._store.redis.zcard(keys.CAMPAIGNS_SCHEDULED))
        return found


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
