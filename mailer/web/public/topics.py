"""The topics on a form: which are shown, and what was ticked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mailer.content.language.topic_words import in_words
from mailer.domain.subscribers.topic import Topics
from mailer.web.fields import Fields
from mailer.web.site import Site

FIELD = "topics"


class Choice(NamedTuple):
    """One topic as a form shows it, in the reader's language."""

    id: str
    name: str
    description: str


def choices(site: Site, language: str, own: Iterable[str] = ()) -> list[Choice]:
    """List the topics of a form.

    Args:
        site: whose.
        language: of the page.
        own: what the reader has, which is shown even where it is not for everybody.
    """
    named, fallback = in_words(site.settings.topics), site.settings.languages
    return [
        Choice(one, named.name(one, language, fallback), named.description(one, language, fallback))
        for one in named.shown_to(own)
    ]


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
