"""Exports that are written piece by piece, so that nobody has to hold them whole."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeVar

from mailer.config import Settings, secret_key
from mailer.domain.subscribers.address import key_of
from mailer.domain.subscribers.subscriber import Subscriber
from mailer.services.access.acting import act
from mailer.services.subscriber_files import csv_cells
from mailer.services.subscriptions.subscribers import EXPORTED, Chosen, Known, cells_of, matching
from mailer.store.server.connection import Store
from mailer.store.subscribers import suppression

Item = TypeVar("Item")
PIECE: Final = 500
"""Subscribers of one piece."""


@act("subscribers.export", "chosen", "rule")
def csv_pieces(
    store: Store, settings: Settings, chosen: Chosen, rule: str = ""
) -> Iterator[str]:
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
