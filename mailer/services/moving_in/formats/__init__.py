"""Readers of other programs' exports: one module a program, each from bytes to rows.

None opens files, runs anything that a file holds, or guesses a consent: a file that does not tell
who may be mailed is refused. What a row says is told in `mailer.domain.moving_in.mover`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from mailer.domain.moving_in.mover import Mover, Unread
from mailer.services.moving_in.formats import ghost, listmonk, mailchimp, mailman, phplist, sympa
from mailer.services.moving_in.sources import Part


class Format(NamedTuple):
    """One program whose exports are understood."""

    name: str
    """As people write it."""
    read: Callable[[Part], Iterator[Mover | Unread]]
    """Raises InputError where the file as a whole cannot be read."""
    picks: Callable[[str], bool] = lambda _name: True
    """Tells which files of an archive are read."""


FORMATS: Final[dict[str, Format]] = {
    "listmonk": Format("listmonk", listmonk.read),
    "mailman": Format("Mailman", mailman.read),
    "sympa": Format("Sympa", sympa.read),
    "mailchimp": Format("Mailchimp", mailchimp.read, mailchimp.is_read),
    "ghost": Format("Ghost", ghost.read),
    "phplist": Format("phpList", phplist.read),
}


def rows_of(program: str, parts: Iterable[Part]) -> Iterator[Mover | Unread]:
    """Yield the rows of all files of an export.

    Raises:
        InputError: a file cannot be read as one of that program.
    """
    for part in parts:
        yield from FORMATS[program].read(part)
