"""The people of a directory, in our words; whoever cannot be a reader is told with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from mailer.config import Settings
from mailer.domain.directories.member import Member
from mailer.domain.directories.plan import Wanted
from mailer.domain.subscribers.address import AddressError, parse_address
from mailer.domain.subscribers.subscriber import parse_name
from mailer.errors import InputError, MailerError
from mailer.services.subscriber_files.cells import Reading

SHOWN: Final = 20


class DirectoryError(MailerError):
    """A directory could not be read to its end: nothing was changed."""

    code = "directory_unreachable"


class Entry(NamedTuple):
    """One person as the directory has them."""

    place: str
    """A line, or a distinguished name."""
    values: Mapping[str, Sequence[str]]
    """Of `address`, `language`, `topics`, `tags` and `name`."""
    against: str = ""
    """Why the person may not be mailed, by what the directory itself says; empty: nothing does."""


class LeftOut(NamedTuple):
    """Somebody in the directory who cannot be a reader."""

    place: str
    reason: str


@dataclass(slots=True)
class People:
    """All that a directory holds."""

    wanted: dict[str, Wanted] = field(default_factory=dict)
    entries: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    """By reason."""
    shown: list[LeftOut] = field(default_factory=list)
    """The first of them."""
    ignored: Counter[str] = field(default_factory=Counter)
    """Values that cannot be used, such as a language that we do not have; the person stays."""

    def leave_out(self, place: str, reason: str) -> None:
        """Count somebody who cannot be a reader."""
        self.left_out[reason] += 1
        if len(self.shown) < SHOWN:
            self.shown.append(LeftOut(place, reason))


def people_of(entries: Iterable[Entry], settings: Settings, tags: frozenset[str]) -> People:
    """Put the people of a directory into our words.

    Args:
        entries: the directory's.
        settings: which languages and topics there are.
        tags: those that exist already.

    Raises:
        InputError: there would be too many tags.
    """
    found, reading = People(), Reading(settings, tags)
    for entry in entries:
        found.entries += 1
        written = next(iter(entry.values.get("address", ())), "")
        if entry.against:
            found.leave_out(entry.place, entry.against)
            continue
        if not written.strip():
            found.leave_out(entry.place, "has no mail address")
            continue
        try:
            address = parse_address(written)
        except AddressError as error:
            found.leave_out(entry.place, error.reason)
            continue
        if address.key in found.wanted:
            found.leave_out(entry.place, "has the same address as another person")
            continue
        member = _member(entry, reading, found.ignored)
        found.wanted[address.key] = Wanted(address.key, address.given, member)
    return found


def _member(entry: Entry, reading: Reading, ignored: Counter[str]) -> Member:
    """Read what is said of a person; what cannot be used must not cost anybody their mail."""
    values = entry.values
    name = next((one for one in values.get("name", ()) if one.strip()), "")
    try:
        name = parse_name(name)
    except ValueError:
        ignored["a name that cannot be used"] += 1
        name = ""
    return Member(
        language=_language(values.get("language", ()), reading, ignored),
        topics=_words(values.get("topics", ()), reading.topics, ignored),
        tags=_words(values.get("tags", ()), reading.tags, ignored),
        name=name,
    )


def _language(values: Sequence[str], reading: Reading, ignored: Counter[str]) -> str:
    """Return the first of the languages that we have: `fr-CH, fr;q=0.9` as RFC 2798 has it."""
    written = ",".join(values)
    for one in written.split(","):
        code = one.partition(";")[0].strip().replace("_", "-")
        for tried in (code, code.partition("-")[0]):
            try:
                if tried and (found := reading.language(tried)):
                    return found
            except InputError:
                continue
    if written.strip():
        ignored[f'the language "{written[:40]}"'] += 1
    return ""


def _words(values: Sequence[str], read: Callable[[str], str], ignored: Counter[str]) -> str:
    found: set[str] = set()
    for value in values:
        for word in value.replace(",", " ").replace(";", " ").split():
            try:
                found |= {*read(word).split()} - {"-"}
            except InputError:
                ignored[f'"{word[:40]}", which is none of ours'] += 1
    return " ".join(sorted(found))
