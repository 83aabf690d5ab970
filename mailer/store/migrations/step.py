"""Parts of a step from one version of the data to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from mailer.domain.inbound.received import Incoming
from mailer.store.server.connection import Store

Command = tuple[str | int | bytes, ...]
"""A command of the store's server, as its client sends it. Done twice it does what it does once, or
`Lot` was looked for where it has not been done."""


class Lot(NamedTuple):
    """Some of a part's data, and what brings it up."""

    commands: Sequence[Command]
    """In one transaction."""
    changes: int
    """The number of changed things of the kind that the part speaks of."""
    after: str = ""
    """The beginning of the next lot; empty: nothing is left."""


class Known(NamedTuple):
    """The facts that steps cannot know from the store alone."""

    shares: Callable[[Incoming], Sequence[str]]
    """The keys of the shares of the room in which a mail counts."""


Look = Callable[[Store, Known, str], Lot]
"""Looks at the data from where a lot begins (empty: the beginning), and changes nothing."""


class Part(NamedTuple):
    """The change that a step makes to one kind of data."""

    name: str
    """In the record of progress; it never changes."""
    says: str
    """The change in words for people, after its number: `mails are …`."""
    look: Look


class Step(NamedTuple):
    """From one version of the data to the next."""

    to: int
    parts: Sequence[Part]
