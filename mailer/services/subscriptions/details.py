"""The secretariat's changes to what is known of one reader, which never change the status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from mailer.config import Settings
from mailer.domain.events import Event
from mailer.domain.subscribers.subscriber import Subscriber
from mailer.errors import InputError, StateError
from mailer.services.access.acting import act, tell
from mailer.services.subscriber_files.cells import Reading, check_consent, known_tags
from mailer.services.subscriptions.subscribers import SOURCE
from mailer.store.server.connection import Store
from mailer.store.subscribers import details

_PLAIN: Final = frozenset({"language", "topics", "tags"})


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
    attributes: Mapping[str, str] | None = None
    """Values by name, of those that are to change; an empty one or `-` is taken away."""
    consent: str = ""
    """Where the reader's consent to further topics comes from, in the secretariat's words."""


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
        InputError: a language, topic, tag, name or attribute cannot be.
        ChangedError: it is not as it was seen any more: look again.
    """
    after = change_now(store, settings, at, before, wanted)
    store.durable()
    return after


def change_now(
    store: Store, settings: Settings, at: datetime, before: Subscriber, wanted: Details
) -> Subscriber:
    """Do the same as a part of something larger, which sees to it that it is on disk in the end."""
    check_consent(wanted.consent)
    after = _changed(Reading(settings, known_tags(store)), before, wanted)
    names = ("language", "topics", "tags", "name", "attributes")
    fields = [name for name in names if getattr(before, name) != getattr(after, name)]
    # Names and attributes are told by what they are, not what they hold: the audit log outlives an
    # erasure.
    told_of = [one for one in fields if one in _PLAIN]
    tell(
        subscriber=before.number,
        fields=fields,
        attributes=sorted(_different(before.attributes, after.attributes)),
        before={one: getattr(before, one) for one in told_of},
        after={one: getattr(after, one) for one in told_of},
    )
    if not fields:
        return before
    told: dict[str, str | int] = {"subscriber": before.number, "source": SOURCE}
    told["fields"] = " ".join(fields)
    if wanted.consent and {*after.topics} - {*before.topics}:
        told["consent"] = wanted.consent
        tell(consent=wanted.consent)
    event = Event("subscriber.updated", at, told)
    marks = {
        name: settings.attributes[name].marks(after.attributes[name])
        if name in after.attributes
        else ()
        for name in _different(before.attributes, after.attributes)
    }
    if not details.change(store, before, after, event, marks):
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
    if wanted.attributes is not None:
        given = [(name, value.strip() or "-") for name, value in wanted.attributes.items()]
        values = dict(before.attributes)
        for one in reading.attributes(given):
            if one.value == "-":
                values.pop(one.name, None)
            else:
                values[one.name] = one.value
        after = replace(after, attributes=values)
    return after


def _different(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}
