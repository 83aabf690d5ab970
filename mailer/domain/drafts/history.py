"""Which revisions of a file are kept: all for an hour, then fewer and fewer of those typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from mailer.domain.drafts.draft import KEPT_LONGEST, Revision

MOST: Final = 300
"""Revisions of a text."""
MOST_OF_PICTURE: Final = 10
MOST_STORED: Final = 16 * 1024 * 1024
"""Octets that the revisions of one file take."""
WHOLE: Final = timedelta(hours=1)
"""The time for which every revision is kept: others may be writing on from it."""
APART: Final = timedelta(minutes=10)
"""Of what one person typed before that, one revision in so much time is kept."""


def dropped(
    revisions: Iterable[Revision], current: int, now: datetime, most: int = MOST
) -> list[Revision]:
    """Choose the revisions to be dropped.

    The first and the present one are always kept. Of the others go first those that were typed
    shortly before another one by the same person; then, if there are still too many, the oldest
    that were saved by themselves; then the oldest.

    Args:
        revisions: those that are kept of one file.
        current: the number of the present one.
        now: the time.
        most: how many may stay.
    """
    ordered = sorted(revisions, key=lambda one: one.number)
    gone = {one.number for one in _crowded(ordered, now)} - _always(ordered, current)
    left = [one for one in ordered if one.number not in gone]
    free = [one for one in left if one.number not in _always(ordered, current)]
    free.sort(key=lambda one: (one.made in KEPT_LONGEST, one.number))
    count, stored = len(left), sum(one.stored for one in left)
    for one in free:
        if count <= most and stored <= MOST_STORED:
            break
        gone.add(one.number)
        count, stored = count - 1, stored - one.stored
    return [one for one in ordered if one.number in gone]


def _always(ordered: Sequence[Revision], current: int) -> set[int]:
    return {current, ordered[0].number} if ordered else set()


def _crowded(ordered: Sequence[Revision], now: datetime) -> Iterable[Revision]:
    """Yield what was typed before the last hour, and soon replaced by the same person."""
    for one, following in pairwise(ordered):
        typed = one.made not in KEPT_LONGEST and not one.note
        soon = following.by == one.by and following.at - one.at < APART
        if typed and soon and now - one.at > WHOLE:
            yield one
