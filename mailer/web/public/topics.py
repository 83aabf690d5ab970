"""The topics on a form: which are shown, and what was ticked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from mailer.content.language.topic_words import in_words
from mailer.domain.subscribers.moderation import DECLINED_FOR, still_declined
from mailer.domain.subscribers.subscriber import Subscriber
from mailer.domain.subscribers.topic import Topics
from mailer.web.forms.fields import Fields
from mailer.web.site import Site

FIELD = "topics"


class Choice(NamedTuple):
    """One topic as a form shows it, in the reader's language."""

    id: str
    name: str
    description: str
    note: str = ""
    """What of the page's words says how it is with a topic that the secretariat gives; see
    `topic_moderated` and so on."""
    until: date | None = None
    """The day from which on it can be asked for again, if the secretariat said no to it."""


def choices(site: Site, language: str, member: Subscriber | None = None) -> list[Choice]:
    """List the topics of a form.

    Args:
        site: whose.
        language: of the page.
        member: the reader; what they have is shown even where it is not for everybody.
    """
    named, fallback = in_words(site.settings.topics), site.settings.languages
    return [
        Choice(
            one,
            named.name(one, language, fallback),
            named.description(one, language, fallback),
            *_standing(site, one, member),
        )
        for one in named.shown_to(member.topics if member else ())
    ]


def _standing(site: Site, topic: str, member: Subscriber | None) -> tuple[str, date | None]:
    """Tell how it is with a topic that the secretariat gives: the note, and the day."""
    if member and topic in member.topics:
        return "", None
    if member and topic in member.waits_for:
        return "topic_waits", None
    if not site.settings.topics[topic].moderated:
        return "", None
    declined = still_declined(member.declined, site.clock.now()) if member else ()
    for one in declined:
        if one.topic == topic:
            return "topic_declined", (one.at + DECLINED_FOR).date() + timedelta(days=1)
    return "topic_moderated", None


def is_choice(topics: Topics, own: Iterable[str] | None = None) -> bool:
    """Tell whether there is anything to choose.

    Args:
        topics: those of the installation.
        own: what the reader has; none: a new reader, who has no other choice than the only one
            that is visible.
    """
    if own is None:
        return len(topics.visible) > 1
    kept = set(own)
    shown = topics.shown_to(kept)
    return len(shown) > 1 or not kept.issuperset(shown)


def ticked(topics: Topics, fields: Fields, own: Iterable[str] | None = None) -> tuple[str, ...]:
    """Read what was chosen, among what the form shows; see `is_choice`.

    Returns:
        Ids in the order of the form; all that it would show where there is no choice.
    """
    shown = topics.shown_to(own or ())
    if not is_choice(topics, own):
        return shown
    chosen = fields.all(FIELD)
    return tuple(one for one in shown if one in chosen)
