"""Exports that are written piece by piece, so that nobody has to hold them whole."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, Final, TypeVar

from mailer.config import Settings, secret_key
from mailer.domain.subscribers.address import key_of
from mailer.domain.subscribers.subscriber import Subscriber
from mailer.services.access.acting import act
from mailer.services.segments.preview import each
from mailer.services.segments.rules import together
from mailer.services.subscriber_files import csv_cells
from mailer.services.subscriptions.listing import Filter, Listing
from mailer.services.subscriptions.subscribers import Chosen, Known
from mailer.store.segments import bitmaps
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers import suppression

Item = TypeVar("Item")
EXPORTED: Final = (
    "address",
    "language",
    "topics",
    "tags",
    "name",
    "status",
    "added",
    "source",
    "consent",
)
PIECE: Final = 500
"""Subscribers of one piece."""


@act("subscribers.export", "chosen", "rule")
def csv_pieces(store: Store, settings: Settings, chosen: Chosen, rule: str = "") -> Iterator[str]:
    """Return an iterator over the pieces of a CSV file that `import` reads back.

    Raises:
        RuleError: the audience rule cannot be read, or speaks of what does not exist.
    """
    return _csv(matching(store, settings, chosen, rule), settings)


@act("subscribers.export", "chosen", "rule")
def known_pieces(
    store: Store, settings: Settings, chosen: Chosen, rule: str = ""
) -> Iterator[list[Known]]:
    """Return an iterator over subscribers, with what suppresses them, piece by piece.

    Raises:
        RuleError: the audience rule cannot be read, or speaks of what does not exist.
    """
    return _known(store, secret_key(settings), matching(store, settings, chosen, rule))


@act("subscribers.export", "chosen")
def filtered_pieces(
    store: Store, settings: Settings, listing: Listing, chosen: Filter
) -> Iterator[str]:
    """Return an iterator over the pieces of a CSV file of those whom a list would show.

    Raises:
        RuleError: the rule of the choice cannot be read, or speaks of what does not exist.
    """
    numbers = bitmaps.numbers_in(listing.chosen(chosen))
    return _csv(_read(store, numbers), settings)


def _read(store: Store, numbers: Iterator[int]) -> Iterator[Subscriber]:
    while some := list(islice(numbers, PIECE)):
        yield from filter(None, subscribers.get_many(store, some))


def _csv(found: Iterator[Subscriber], settings: Settings) -> Iterator[str]:
    yield _lines([[*EXPORTED, *settings.attributes]])
    for some in _pieces(found):
        yield _lines(cells_of(one, settings.attributes) for one in some)


def _known(store: Store, secret: bytes, found: Iterator[Subscriber]) -> Iterator[list[Known]]:
    for some in _pieces(found):
        records = suppression.find_many(store, secret, [key_of(one.address) for one in some])
        yield [Known(one, record) for one, record in zip(some, records, strict=True)]


def _lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv_cells.writer(text).writerows(rows)
    return text.getvalue()


def _pieces(items: Iterator[Item]) -> Iterator[list[Item]]:
    while some := list(islice(items, PIECE)):
        yield some


def matching(
    store: Store, settings: Settings, chosen: Chosen, rule: str = ""
) -> Iterator[Subscriber]:
    """Find the subscribers that are chosen: by bitmaps, all conditions together.

    Raises:
        RuleError: the rule cannot be read, or speaks of what does not exist.
    """
    if not rule:
        return subscribers.each(store, *chosen)
    pairs = zip(("status", "lang", "topic"), chosen, strict=True)
    terms = [f'{subject}:"{value}"' for subject, value in pairs if value]
    return each(store, settings, together(*terms, rule))


@act("subscribers.export", "chosen", "rule")
def export_csv(
    store: Store,
    settings: Settings,
    file: IO[str],
    chosen: Chosen = Chosen(),  # noqa: B008  # a value that cannot change
    *,
    rule: str = "",
    progress: Callable[[int], None] = lambda _count: None,
) -> int:
    """Write subscribers as CSV that `import` reads back, and return the number of them.

    Args:
        store: the open store.
        settings: the settings.
        file: where to write.
        chosen: only these.
        rule: and of these only those of whom this audience rule holds, if there is one.
        progress: told the number written, now and then.

    Raises:
        RuleError: the rule cannot be read, or speaks of what does not exist.
    """
    writer = csv_cells.writer(file)
    writer.writerow([*EXPORTED, *settings.attributes])
    count = 0
    for count, one in enumerate(matching(store, settings, chosen, rule), 1):
        writer.writerow(cells_of(one, settings.attributes))
        if not count % 1000:
            progress(count)
    return count


def cells_of(one: Subscriber, attributes: Iterable[str]) -> list[str]:
    """Return the cells of a subscriber's line: in the order of `EXPORTED`, then attributes."""
    cells = (
        one.address,
        one.language,
        " ".join(one.topics),
        " ".join(one.tags),
        one.name,
        one.status.value,
        one.added_at.isoformat(timespec="seconds"),
        one.source,
        one.consent,
        *(one.attributes.get(name, "") for name in attributes),
    )
    return [csv_cells.guarded(cell) for cell in cells]
