"""Topics that readers get only with the secretariat's yes: what a reader's choice comes to.

A reader's choice never puts a moderated topic on: they have it already, they wait for it, or the
secretariat declined it lately. Only the secretariat's own acts give it: it says yes to one who
waits, or puts the reader on the topic itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mailer.domain.subscribers.subscriber import Since, Status
from mailer.domain.subscribers.topic import Topics

DECLINED_FOR: Final = timedelta(days=30)
"""The time after a no in which asking again leads to nothing."""
KEEPS: Final = (Status.ACTIVE, Status.SUSPENDED)
"""Statuses in which a reader keeps moderated topics, and waits for them; others end both."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """The topics that a reader wants, by what becomes of each; in the order of the wish."""

    on: tuple[str, ...]
    waiting: tuple[str, ...]
    declined: tuple[str, ...]


def still_declined(declined: Iterable[Since], now: datetime) -> tuple[Since, ...]:
    """Leave out what was declined so long ago that it may be asked for again."""
    return tuple(one for one in declined if now - one.at < DECLINED_FOR)


def sort_out(
    topics: Topics,
    wanted: Sequence[str],
    held: Collection[str],
    declined: Iterable[Since],
    now: datetime,
) -> Sorted:
    """Tell what becomes of each topic that a reader wants.

    Args:
        topics: those of the installation; one that is not known there (any more) is not moderated.
        wanted: ids, each once.
        held: those that the reader gets now, which they keep.
        declined: what the secretariat said no to.
        now: the present.
    """
    asks = [one for one in wanted if one in topics.moderated and one not in held]
    refused = {one.topic for one in still_declined(declined, now)}
    return Sorted(
        on=tuple(one for one in wanted if one not in asks),
        waiting=tuple(one for one in asks if one not in refused),
        declined=tuple(one for one in asks if one in refused),
    )
