"""Keys of what readers ask for: forms, requests, answers, and topics that wait for a yes."""

from __future__ import annotations

from typing import Final

FORM_NEXT: Final = "mailer:forms:last"
"""Counter: the highest number given to a form that was sent on a page."""
FORMS: Final = "mailer:forms"
"""Hash: form that nobody has acted on yet -> JSON."""
FORMS_DUE: Final = "mailer:forms:due"
"""Sorted set: the same -> when it next wants a worker (Unix seconds)."""
FORM_ATTEMPTS: Final = "mailer:forms:attempts"
"""Hash: the same -> how often it was handed to a worker."""
GROWTH: Final = "mailer:growth"
"""Hash: day -> JSON: active subscribers by language."""
REQUESTS_OPEN: Final = "mailer:requests:open"
"""Sorted set: request that waits to be confirmed -> when it is over (Unix seconds)."""
WAITING: Final = "mailer:waiting:"
"""The prefix of a topic; see `waiting_for_topic`."""


def request(r: int) -> str:
    """Hash, expiring: one request to subscribe; see `mailer.store.subscribers.requests`."""
    return f"mailer:request:{r}"


def answered(kind: str, hashed: str) -> str:
    """Text, expiring: when an address, by its keyed hash, last got that kind of service mail."""
    return f"mailer:answered:{kind}:{hashed}"


def answer_limit(what: str) -> str:
    """Counter, expiring: the automatic answers that somebody caused, as `NAME:WHO:END`."""
    return f"mailer:answers:limit:{what}"


def form_limit(key: str) -> str:
    """Counter, expiring: the forms from one client, one network, or all."""
    return f"mailer:forms:limit:{key}"


def form_stamp(digest: str) -> str:
    """Text, expiring: a form's stamp that was used -> digest and number of that form."""
    return f"mailer:forms:stamp:{digest}"


def waiting_for_topic(topic: str) -> str:
    """Sorted set: subscriber who waits for the secretariat's yes to it -> since when."""
    return f"{WAITING}{topic}"
