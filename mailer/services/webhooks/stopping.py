"""Stops an endpoint that is dead, and tells the secretariat by mail: both, or none (law 9)."""

from __future__ import annotations

from urllib.parse import urlsplit

from mailer import log
from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.events import Event
from mailer.domain.subscribers.subscribing import Mail
from mailer.domain.webhooks.endpoint import Action, Endpoint
from mailer.services.service_mail.writing import facts_of
from mailer.store.server.connection import Store
from mailer.store.subscribers.requests import Letter, Step
from mailer.store.webhooks import endpoints

_log = log.get_logger(__name__)


def stop(
    store: Store,
    settings: Settings,
    clock: Clock,
    *,
    identity: str,
    action: Action,
    reason: str,
) -> bool:
    """Send an endpoint nothing any more, until a person resumes it.

    Args:
        store: the store.
        settings: the service's.
        clock: the time.
        identity: the endpoint's id.
        action: what it did.
        reason: what the last try came to.

    Returns:
        False if it had stopped already, or is gone.
    """
    while (before := endpoints.get(store, identity)) is not None:
        now = clock.now()
        after = before.after(action, now, reason=reason)
        if after is before:
            return False
        event = Event("webhook.stopped", now, {"endpoint": identity, "reason": reason})
        step = _step(settings, after, event)
        if endpoints.change(store, before, after, event, step=step):
            told = f"A web hook is stopped: {reason}."
            _log.warning("webhook.stopped", message=told, endpoint=identity)
            return True
    return False


def _step(settings: Settings, endpoint: Endpoint, event: Event) -> Step | None:
    """Make the mail to the secretariat, if there is one."""
    if not settings.owner_address:
        return None
    host = urlsplit(endpoint.url).hostname or ""
    letter = Letter(
        name=Mail.WEBHOOK.value,
        to=settings.owner_address,
        language=settings.languages[0],
        facts=facts_of(endpoint=endpoint.id, host=host, words=endpoint.reason),
    )
    return Step(event.at, nobody=True, letter=letter)
