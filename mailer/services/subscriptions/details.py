"""The secretariat's changes to what is known of one reader, which never change the status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailer.config import Settings
from mailer.domain.events import Event
from mailer.domain.subscribers.subscriber import Subscriber
from mailer.errors import InputError, StateError
from mailer.services.access.acting import act, tell
from mailer.services.subscriber_files.cells import Reading, known_tags
from mailer.services.subscriptions.subscribers import SOURCE
from mailer.store.server.connection import Store
from mailer.store.subscribers import details


class ChangedError(StateError):
    """A change was made for a state that is not the present one any more."""

    code = "changed_meanwhile"

    def __init__(self, subscriber: int) -> None:
        """Name the subscriber."""
        remedy = "Look at it again, and see whether the change still fits."
        super().__init__(
            "subscriber", str(subscriber), "changed", "change", remedy, said="changed meanwhile"
        )


@dataclass(frozen=True, slots=True)
class Details:
    """What is to be known of a reader; None: as before."""

    language: str | None = None
    topics: Sequence[str] | None = None
    tags: Sequence[str] | None = None
    name: str | None = None


@act("subscribers.change")
def change_details(
    store: Store, settings: Settings, at: datetime, before: Subscriber, wanted: Details
) -> Subscriber:
    """Change what is known of a subscriber, if it is still as it was seen.

    Args:
        store: the open store.
        settings: the languages and topics that there are.
        at: now.
        before: the subscriber, as it was seen.
        wanted: what is to be.

    Raises:
        InputError: a language, topic, tag or name cannot be.
        ChangedError: it is not as it was seen any more: look again.
    """
    after = _changed(Reading(settings, known_tags(store)), before, wanted)
    names = ("language", "topics", "tags", "name")
    fields = [name for name in names if getattr(before, name) != getattr(after, name)]
    tell(subscriber=before.number, fields=fields)
    if not fields:
        return before
    told: dict[str, str | int] = {"subscriber": before.number, "source": SOURCE}
    told["fields"] = " ".join(fields)
    if not details.change(store, before, after, Event("subscriber.updated", at, told)):
        raise ChangedError(before.number)
    return after


def _changed(reading: Reading, before: Subscriber, wanted: Details) -> Subscriber:
    after = before
    if wanted.language is not None:
        after = replace(after, language=reading.language(wanted.language) or before.language)
    if wanted.topics is not None:
        topics = tuple(reading.topics(" ".join(wanted.topics)).split())
        if not topics:
            raise InputError.of("topics", "there is none", "name one at least", code="missing")
        after = replace(after, topics=topics)
    if wanted.tags is not None:
        after = replace(after, tags=tuple(reading.tags(" ".join(wanted.tags)).split()))
    if wanted.name is not None:
        after = replace(after, name=reading.name(wanted.name) if wanted.name != "-" else "")
    return after
