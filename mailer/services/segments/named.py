"""Named segments: defined, renamed, removed and listed; what is in use stays as it is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.campaigns.campaign import NOT_BEGUN
from mailer.domain.segments.expansion import NAME
from mailer.domain.segments.parsing import parse
from mailer.domain.segments.printing import KEYWORDS, printed
from mailer.domain.segments.rule import Rule, segments_in
from mailer.domain.segments.tokens import RuleError
from mailer.errors import InputError, Problem, StateError
from mailer.services.access.acting import act
from mailer.services.segments import rules
from mailer.store.calendar import entries as calendar
from mailer.store.campaigns import records as campaigns
from mailer.store.segments import definitions
from mailer.store.segments.definitions import Definition
from mailer.store.server.connection import Store

__all__ = ["Agree", "Definition", "Segments", "Used"]

Agree = Callable[[Definition | None], None]
"""Raises something if a segment is not the one that is to be changed; None: there is none."""


@dataclass(frozen=True, slots=True)
class Used:
    """What speaks of a segment."""

    campaigns: tuple[int, ...]
    """Those that have not begun; those that have keep their readers, whatever becomes of it."""
    segments: tuple[str, ...]
    entries: tuple[str, ...]
    """Calendar entries whose reminders are for it."""

    def __bool__(self) -> bool:
        return bool(self.campaigns or self.segments or self.entries)

    def __str__(self) -> str:
        by = [f"campaign {number}" for number in self.campaigns]
        by += [f"segment {name}" for name in self.segments]
        return ", ".join([*by, *(f"calendar entry {name}" for name in self.entries)])


class Segments:
    """The use cases around named segments, on an open store."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store, self._settings, self._clock = store, settings, clock

    @act("segments.list")
    def all(self) -> list[Definition]:
        """List the segments, by name."""
        return definitions.all_of(self._store)

    @act("segments.list")
    def get(self, name: str) -> Definition:
        """Return a segment.

        Raises:
            NotFoundError: there is none of that name.
        """
        return definitions.get(self._store, name)

    @act("segments.define", "name", "text")
    def define(self, name: str, text: str, agree: Agree | None = None) -> Definition:
        """Give a rule a name, or a name another rule; campaigns that have not begun follow it.

        Args:
            name: the segment's.
            text: the rule.
            agree: is shown the segment that is replaced, whenever that is another.

        Raises:
            InputError: it cannot be a name; or the rule is none (`RuleError`).
        """
        if not NAME.fullmatch(name) or name in KEYWORDS:
            said = f'"{name[:60]}" cannot name a segment'
            remedy = "use small letters a to z, digits and hyphens, and no word that rules have"
            raise InputError.of("name", said, remedy, code="segment.name")
        rule = parse(text)
        while True:
            known = {one.name: one for one in self.all()}
            if agree is not None:
                agree(known.get(name))
            if name in known and known[name].rule == printed(rule):
                return known[name]
            self._check({name: rule}, known)
            now, seen = self._clock.now(), {one.name: one.version for one in known.values()}
            if made := definitions.define(self._store, name, printed(rule), now, seen):
                return made

    def _check(self, own: Mapping[str, Rule], known: Mapping[str, Definition]) -> None:
        """Make sure that a segment can be used, and that those that speak of it still can.

        Raises:
            RuleError: one cannot.
        """
        for name, rule in own.items():
            rules.read(self._store, self._settings, printed(rule), own)
            for other in known.values():
                if other.name == name or name not in segments_in(parse(other.rule)):
                    continue
                try:
                    rules.read(self._store, self._settings, other.rule, own)
                except RuleError as error:
                    raise RuleError(
                        [
                            Problem(
                                f"segment {other.name}", one.text, one.remedy, code="segment.broken"
                            )
                            for one in error.problems
                        ]
                    ) from error

    @act("segments.rename", "name", "to")
    def rename(self, name: str, to: str, agree: Agree | None = None) -> Definition:
        """Give a segment another name.

        Args:
            name: the one that it has.
            to: the other.
            agree: is shown the segment before.

        Raises:
            NotFoundError: there is none of that name.
            StateError: something speaks of it.
            InputError: the new name is taken, or cannot be one.
        """
        before = self.get(name)
        if agree is not None:
            agree(before)
        self._refuse_if_used(name, "rename")
        if any(one.name == to for one in self.all()):
            said, remedy = f"there is a segment {to!r} already", "choose another name"
            raise InputError.of("name", said, remedy, code="taken")
        made = self.define(to, before.rule)
        self.remove(name, agree)
        return made

    @act("segments.remove", "name")
    def remove(self, name: str, agree: Agree | None = None) -> None:
        """Forget a segment.

        Args:
            name: the segment's.
            agree: is shown the segment that goes.

        Raises:
            NotFoundError: there is none of that name.
            StateError: a campaign that has not begun speaks of it, or another segment.
        """
        while True:
            known = self.get(name)
            if agree is not None:
                agree(known)
            seen = known.version
            self._refuse_if_used(name, "remove")
            if definitions.remove(self._store, name, self._clock.now(), seen):
                return

    def _refuse_if_used(self, name: str, action: str) -> None:
        if used := self.used(name):
            remedy = "Cancel or change those first."
            said = f"used by {used}"
            raise StateError("segment", name, "in use", action, remedy, said=said)

    @act("segments.list")
    def used(self, name: str) -> Used:
        """Tell what speaks of a segment, and would not know any more what is meant without it."""
        return Used(
            tuple(
                one.number
                for one in campaigns.all_of(self._store)
                if one.state in NOT_BEGUN and one.rule and name in segments_in(parse(one.rule))
            ),
            tuple(
                one.name
                for one in self.all()
                if one.name != name and name in segments_in(parse(one.rule))
            ),
            tuple(
                one.id
                for one in calendar.all_by_id(self._store).values()
                if one.rule and name in segments_in(parse(one.rule))
            ),
        )

    @act("segments.list")
    def rule_of(self, text: str) -> str:
        """Return the rule that a text is, or that the segment of that name has.

        Raises:
            NotFoundError: it can only be a name, and there is none of that name.
        """
        if NAME.fullmatch(text) and text not in KEYWORDS:
            return self.get(text).rule
        return text
