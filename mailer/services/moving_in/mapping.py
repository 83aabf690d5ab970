"""Turns the lists, tags and languages of another program into ours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mailer.config import Settings
from mailer.domain.moving_in.mover import Mover
from mailer.domain.subscribers.subscriber import MOST_TAGS, parse_tag
from mailer.errors import InputError, Problem

NOWHERE: Final = "-"
"""Stands for no topic: a list that is not moved in."""
_NO_TAG: Final = re.compile(r"[^\w.-]+")


def read_options(options: Sequence[str], topics: Iterable[str]) -> dict[str, str]:
    """Read `LIST=TOPIC` of each option; a hyphen for the topic leaves the list out.

    Raises:
        InputError: one is not of that form, or names no topic of ours.
    """
    known = [*topics]
    found: dict[str, str] = {}
    problems = []
    for option in options:
        name, sign, topic = option.rpartition("=")
        if not sign or not name.strip() or topic.strip() not in {*known, NOWHERE}:
            text = f'"{option[:80]}" does not say which topic a list becomes'
            remedy = f"write LIST=TOPIC with one of {', '.join(known)}, or LIST=- to leave it out"
            problems.append(Problem("map", text, remedy, code="unknown_topic"))
        else:
            found[name.strip()] = topic.strip()
    if problems:
        raise InputError(problems)
    return found


@dataclass(slots=True)
class Ours:
    """What a reader's row becomes in our words."""

    language: str
    topics: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(slots=True)
class Mapper:
    """Maps row by row; counts what has no place here."""

    settings: Settings
    by_name: Mapping[str, str]
    """Name of a list or tag there -> topic, or a hyphen."""
    language: str
    """For those who have none, or one that we do not have."""
    topics: tuple[str, ...]
    """For those of an export that names no lists."""
    keeps_tags: bool = True
    names_lists: bool = False
    """Whether the export tells who is on which list."""
    lost_languages: Counter[str] = field(default_factory=Counter)
    lost_tags: Counter[str] = field(default_factory=Counter)
    _folded: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._folded = {topic.casefold(): topic for topic in self.settings.topics}
        self._folded |= {name.casefold(): topic for name, topic in self.by_name.items()}

    def topic_of(self, name: str) -> str | None:
        """Return the topic that a list becomes; a hyphen: none; None: nobody has said."""
        return self.by_name.get(name) or self._folded.get(name.casefold())

    def unknown(self, lists: Iterable[str]) -> list[str]:
        """Return the lists of which nobody has said what becomes of them."""
        return [name for name in lists if self.topic_of(name) is None]

    def ours(self, mover: Mover) -> Ours:
        """Return what a row becomes; without topics it is on no list that is moved in."""
        found: set[str | None] = {*self.topics}
        if self.names_lists:
            found = {self.topic_of(name) for name in mover.lists}
        tags = []
        for tag in mover.tags:
            topic = self.topic_of(tag)
            if topic is not None:
                found.add(topic)
            elif self.keeps_tags:
                tags.append(tag)
        topics = tuple(sorted(one for one in found if one and one != NOWHERE))
        return Ours(self._language(mover.language), topics, self._tags(tags))

    def _language(self, written: str) -> str:
        if not written:
            return self.language
        code = written.strip().replace("_", "-").partition(".")[0].casefold()
        known = {one.casefold(): one for one in self.settings.languages}
        found = known.get(code) or known.get(code.partition("-")[0])
        if found is None:
            self.lost_languages[written] += 1
        return found or self.language

    def _tags(self, tags: Iterable[str]) -> tuple[str, ...]:
        kept: set[str] = set()
        for tag in tags:
            try:
                one = parse_tag(_NO_TAG.sub("-", tag).strip("-._"))
            except ValueError:
                self.lost_tags[tag] += 1
                continue
            if len(kept) >= MOST_TAGS and one not in kept:
                self.lost_tags[tag] += 1
            else:
                kept.add(one)
        return tuple(sorted(kept))
