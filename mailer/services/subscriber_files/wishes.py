"""Gathers what a file says about who may not be mailed, before anything is imported."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Final, NamedTuple

from mailer.clock import Clock
from mailer.domain.access.token import suppression_hash
from mailer.domain.subscribers.address import Address, AddressError, parse_address
from mailer.domain.subscribers.column_names import Field
from mailer.domain.subscribers.column_values import Verdict
from mailer.domain.subscribers.subscriber import TRANSITIONS, Action, Status
from mailer.errors import InputError
from mailer.services.subscriber_files.columns import Columns, Finding, worst
from mailer.services.subscriber_files.file import Layout, Line, Problems
from mailer.services.subscriber_files.first_lines import FirstLines
from mailer.services.subscriptions import subscribers as service
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers.suppression import Suppression

WORDS: Final[dict[Verdict, str]] = {
    Verdict.COMPLAINED: "complained",
    Verdict.BLOCKED: "is blocked or switched off",
    Verdict.BOUNCED: "is an address from which mail came back",
    Verdict.LEFT: "left",
    Verdict.UNWILLING: "does not want mail",
    Verdict.UNCONFIRMED: "has not confirmed",
    Verdict.UNSAID: "has not said that mail is wanted",
    Verdict.MAILED: "may be mailed",
}
"""The words for each verdict on a reader."""
FINAL: Final[dict[Verdict, Action]] = {
    Verdict.COMPLAINED: Action.COMPLAIN,
    Verdict.BLOCKED: Action.REMOVE,
    Verdict.BOUNCED: Action.SUSPEND,
    Verdict.LEFT: Action.REMOVE,
}
"""Verdicts that tell of something that came to pass, and what that is to a reader of ours."""
DENYING: Final = frozenset({*FINAL, Verdict.UNWILLING})
"""Verdicts that hold against other lines of the same address, too."""
MOST_VALUES: Final = 12
"""Different values of a column that are kept, to be shown."""
MOST_UNKNOWN: Final = 1000
"""Different values that are kept where they are not understood."""
FILE_NAMES: Final = (
    *("unsub", "nonsub", "non-sub", "non_sub", "optout", "opt-out", "opt_out", "cleaned", "bounce"),
    *("complain", "spam", "blacklist", "block", "invalid", "suppress", "archived", "donotmail"),
    *("desabon", "désabon", "desinscri", "désinscri", "bajas", "abgemeldet", "abmeld", "disiscri"),
    *("cancellati", "descadastr", "uitgeschreven", "afgemeld"),
)
"""Words in the names of files whose readers are not to be mailed, as Mailchimp makes them."""


class Value(NamedTuple):
    """A value of a column, what it says, and in how many lines."""

    value: str
    verdict: Verdict
    lines: int


class Use(NamedTuple):
    """A column that was understood, and what its values say."""

    column: str
    meaning: str
    values: tuple[Value, ...]


class Wishes:
    """Looks at each record of a file before it is imported; see `subscriber_file.Looking`."""

    def __init__(self) -> None:
        self._values: dict[str, Counter[tuple[str, Verdict]]] = {}
        self._unknown: dict[tuple[str, str], list[int]] = {}
        """Column and value -> the first line, and how many lines."""
        self._unkept = 0
        self._denied = FirstLines()

    def look(self, layout: Layout, line: Line) -> None:
        """Look at a record, and keep what it says."""
        findings = list(layout.columns.findings(line.cells))
        for one in findings:
            if one.verdict is None:
                self._note(one, line.number)
            else:
                self._count(one)
        against = worst(findings)
        if against and against.verdict in DENYING:
            key = _key(layout.columns, line)
            if key:
                self._denied.first(key, line.number)

    def end(self, layout: Layout, problems: Problems) -> None:
        """Add what was not understood, a problem for each different value."""
        _refuse_name(layout, problems)
        for (column, value), (line, count) in self._unknown.items():
            more = f" (in {count:,} lines)" if count > 1 else ""
            problems.add(
                line,
                f'the column "{column[:60]}" says "{value[:60]}"{more}, which is not understood',
                "write yes or no there, or a word such as active or unsubscribed; or ignore the"
                " column, if it does not say who may be mailed",
                code="columns.unclear_value",
                facts={"column": column, "value": value[:60]},
            )
        problems.count += self._unkept

    def denied(self, key: str) -> int:
        """Return the line that says of an address that it is not to be mailed; 0: none does."""
        return self._denied.line_of(key)

    def uses(self, columns: Columns) -> tuple[Use, ...]:
        """Tell what each column was understood as, and each value of those about consent."""
        told = [Use(*one, self._values_of(one[0])) for one in columns.described()]
        named = {one.column for one in told}
        within = [Use(name, "within", self._values_of(name)) for name in self._values]
        return tuple(told + [one for one in within if one.column not in named])

    def _values_of(self, column: str) -> tuple[Value, ...]:
        found = self._values.get(column, Counter[tuple[str, Verdict]]())
        return tuple(Value(*key, count) for key, count in found.most_common())

    def _note(self, one: Finding, line: int) -> None:
        known = self._unknown.get((one.column, one.cell))
        if known:
            known[1] += 1
        elif len(self._unknown) < MOST_UNKNOWN:
            self._unknown[one.column, one.cell] = [line, 1]
        else:
            self._unkept += 1

    def _count(self, one: Finding) -> None:
        counter = self._values.setdefault(one.column, Counter())
        verdict = one.verdict or Verdict.UNSAID
        key = (one.cell[:40], verdict)
        if key not in counter and len(counter) >= MOST_VALUES:
            key = ("…", verdict)
        counter[key] += 1


class Departures:
    """Our readers of whom a file says that they left elsewhere, or that mail came back there."""

    def __init__(self, store: Store, secret: bytes, *, take_off: bool, dry: bool) -> None:
        """Set up; `take_off` says whether such readers are taken off the list."""
        self._store, self._secret = store, secret
        self._take_off, self._dry = take_off, dry
        self.taken_off = 0
        self.still_mailed = 0

    def look(self, address: Address, verdict: Verdict, clock: Clock) -> None:
        """Remove the owner of an address if that is asked for, or count a listed reader."""
        action = FINAL.get(verdict)
        number = subscribers.number_of(self._store, address.key) if action else None
        known = subscribers.get(self._store, number) if number else None
        if not action or not number or known is None:
            return
        move = TRANSITIONS.get((known.status, action))
        if self._take_off and move and move.to is not known.status:
            self.taken_off += 1
            if not self._dry:
                self._act(number, address, action, clock.now())
        elif not self._take_off and known.status is Status.ACTIVE:
            self.still_mailed += 1

    def _act(self, number: int, address: Address, action: Action, at: datetime) -> None:
        suppress = None
        reason = "an imported file says so"
        if action is Action.COMPLAIN:
            hashed = suppression_hash(self._secret, address.key)
            suppress = (hashed, Suppression(f"complained: {reason}", at))
        service.change(self._store, number, action, at, reason=reason, suppress=suppress)


def reason_of(one: Finding) -> str:
    """Tell in words why a line's reader is not put on the list."""
    verdict = one.verdict or Verdict.UNSAID
    says = f'says "{one.cell[:60]}"' if one.cell else "is empty"
    return f'the file says that the reader {WORDS[verdict]}: its column "{one.column[:60]}" {says}'


def _key(columns: Columns, line: Line) -> str:
    try:
        return parse_address(columns.cell(line.cells, Field.ADDRESS)).key
    except (AddressError, InputError):
        return ""


def _refuse_name(layout: Layout, problems: Problems) -> None:
    if layout.columns.said:
        return
    name = problems.file.lower()
    if stem := next((stem for stem in FILE_NAMES if stem in name), None):
        problems.add(
            0,
            f'is named as if its readers were not to be mailed ("{stem}"), and has no column that'
            " says who may be",
            "if they may be mailed, give the file another name",
            code="file.name",
        )
