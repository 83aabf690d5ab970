"""Our own mail server's findings about who sent a mail: Authentication-Results (RFC 8601).

Anybody can write that field. So it is read only where our server can have written it, above all
that came with the mail (`results`), and only as its grammar says (`parse`, section 2.2): what a
sender could put into a comment, a quoted string or another method's property proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mailer.domain.access.alignment import aligned, canonical
from mailer.message.incoming.mime import Part

LONGEST: Final = 8_000
"""Characters of a field that are read."""
MOST_FIELDS: Final = 20
"""Fields of our server that are read."""
_DEEPEST_COMMENT: Final = 20
_SPACE: Final = " \t\r\n"
_KEYWORD: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,60}[A-Za-z0-9])?")
_PROPERTY: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,60}[A-Za-z0-9])?")
_VERSION: Final = re.compile(r"[0-9]{1,9}")
_RUN: Final = re.compile(r"[^ \t\r\n;()\"\\]+")
"""A value without quotes; local parts hold `=` and `/` (SRS, section 2.2's `pvalue`)."""
_LMTP: Final = re.compile(
    r"from\s+\S+\s+\((?:[A-Za-z0-9.-]{1,255}\s+)?\[[^\[\]()\s]{1,60}\]\)"
    r"\s+by\s+\S+\s+(?:\([^()]{0,200}\)\s+)?with\s+LMTP",
    re.IGNORECASE,
)
"""The beginning of a `Received` field (RFC 5321 section 4.4). What a client may choose in it, its
name and its certificate's, stands where no sign of it can look like the rest."""


class Method(StrEnum):
    """The methods that we know (section 2.7)."""

    DKIM = "dkim"
    DMARC = "dmarc"
    SPF = "spf"


_PROOFS: Final[Mapping[Method, tuple[str, ...]]] = {
    Method.DKIM: ("header.d", "header.i"),
    Method.DMARC: ("header.from",),
    Method.SPF: ("smtp.mailfrom",),
}
"""Method -> the properties that name the domain it is about, the first that is there."""


@dataclass(frozen=True, slots=True)
class Result:
    """The finding of one method (`resinfo`)."""

    method: str
    """In lower case."""
    result: str
    """In lower case: `pass` or another."""
    properties: tuple[tuple[str, str], ...] = ()
    """(`header.d`, value) and so on, names in lower case, in order."""


@dataclass(frozen=True, slots=True)
class Results:
    """One field, as far as it can be read."""

    server: str
    """The authserv-id, in lower case."""
    found: tuple[Result, ...] = ()
    """Empty where it says `none`."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A domain that a method let pass."""

    method: Method
    domain: str
    """In lower case and A-labels."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """All that our own server let pass; falsy if nothing."""

    found: frozenset[Proof] = field(default_factory=frozenset)

    def __bool__(self) -> bool:
        return bool(self.found)

    def vouch(self, domain: str, *methods: Method) -> bool:
        """Tell whether one of these methods found a domain in alignment with it (RFC 7489 3.1)."""
        return any(one.method in methods and aligned(one.domain, domain) for one in self.found)


def proofs(message: Part, authority: str, *, below: bool = False) -> Proofs:
    """Return what our own mail server found of a mail; never raises.

    Args:
        message: the mail.
        authority: what our server calls itself; empty: nothing is believed, be it that it has no
            name, or that the mail did not come through it.
        below: it writes below a `Received` field of its own, not above: then it must take out of
            mail what others wrote in its name, because there their fields come next.
    """
    server = authority.strip().lower()
    if not server:
        return Proofs()
    passed = [
        one
        for results in _of_our_server(message, server, below=below)
        for one in results.found
        if one.result == "pass"
    ]
    return Proofs(frozenset(proof for one in passed if (proof := _proof(one)) is not None))


def _of_our_server(message: Part, server: str, *, below: bool) -> Iterator[Results]:
    """Yield the fields that our server wrote: each hop writes above what it was given.

    Below the `Received` field of the hop at which the mail reached us, or of any hop before it,
    and below a field of another server, all may be the sender's (RFC 8601 sections 5 and 7.1).
    """
    read, hops = 0, int(below)
    for name, value in message.fields:
        if name == "received":
            hops -= not _is_inner_hop(value)
            if read or hops < 0:
                return
        elif name == "authentication-results":
            results = parse(value)
            if results is None or results.server != server or read >= MOST_FIELDS:
                return
            read += 1
            yield results


def _is_inner_hop(received: str) -> bool:
    """Tell whether mail went to its mailbox by this hop, within one mail system: LMTP (RFC 2033).

    It stands above what the mail server wrote, and is not where mail comes in from outside: that is
    the uppermost of all others, whoever wrote those below it. A hop from this machine back to it is
    none: any program here may send a mail that way.
    """
    return _LMTP.match(received[:LONGEST].strip()) is not None


def _proof(result: Result) -> Proof | None:
    """Return what a passed result proves: only what its own method looks at."""
    if result.method not in set(Method):
        return None
    method = Method(result.method)
    for name in _PROOFS[method]:
        values = {value for key, value in result.properties if key == name}
        if len(values) > 1:  # it contradicts itself
            return None
        if values:
            value = values.pop()
            domain = canonical(value if name == "header.d" else value.rpartition("@")[2])
            return Proof(method, domain) if domain else None
    return None


def parse(value: str) -> Results | None:
    """Read the value of a field by its grammar (section 2.2); never raises.

    Returns:
        None if it names no server, or has a version that we do not know. What is no result is
        left out, with all up to the next semicolon that separates.
    """
    scanner = _Scanner(value[:LONGEST])
    server = scanner.value()
    if not server:
        return None
    scanner.skip()
    version = scanner.match(_VERSION)
    if version and int(version) != 1:
        return None
    scanner.skip()
    if not scanner.at_end and not scanner.at(";"):
        return None
    found = []
    while scanner.next_result():
        if (result := scanner.result()) is not None:
            found.append(result)
    return Results(server.lower(), tuple(found))


class _Scanner:
    """Reads the grammar's pieces from left to right."""

    def __init__(self, text: str) -> None:
        self._text, self._here = text, 0

    @property
    def at_end(self) -> bool:
        return self._here >= len(self._text)

    def at(self, sign: str) -> bool:
        return self._text.startswith(sign, self._here)

    def take(self, sign: str) -> bool:
        """Step over a sign, if it is next."""
        if not self.at(sign):
            return False
        self._here += len(sign)
        return True

    def match(self, pattern: re.Pattern[str]) -> str:
        """Return and step over what a pattern finds here, or nothing."""
        found = pattern.match(self._text, self._here)
        if found is None:
            return ""
        self._here = found.end()
        return found[0]

    def skip(self) -> bool:
        """Step over CFWS (RFC 5322 section 3.2.2); false if a comment does not end."""
        while not self.at_end:
            if self._text[self._here] in _SPACE:
                self._here += 1
            elif not self.at("("):
                return True
            elif not self._comment():
                return False
        return True

    def value(self) -> str:
        """Return a token or a quoted string, quotes taken off; or what stands in for both.

        A quoted local part and its domain are one value. Empty if there is none, or it does not
        end.
        """
        self.skip()
        found = ""
        while not self.at_end:
            if self.at('"'):
                quoted = self._quoted()
                if quoted is None:
                    return ""
                found += quoted
            elif run := self.match(_RUN):
                found += run
            else:
                break
        return found

    def next_result(self) -> bool:
        """Go to the beginning of the next result; false if there is none."""
        while not self.at_end:
            self.skip()
            if self.take(";"):
                return True
            if self.at('"'):
                self._quoted()
            elif not self.match(_RUN):
                self._here += 1
        return False

    def result(self) -> Result | None:
        """Read one result (`resinfo`); None if it is none, such as `none`."""
        self.skip()
        method = self.match(_KEYWORD).lower()
        if not method or not self._version_fits() or not self._equals():
            return None
        result = self.match(_KEYWORD).lower()
        if not result or not self._ends_word():
            return None
        properties = []
        while (pair := self._property()) is not None:
            properties.append(pair)
        # What cannot be read may hold anything, so then all of it says nothing.
        return Result(method, result, tuple(properties)) if self._ended() else None

    def _version_fits(self) -> bool:
        self.skip()
        if not self.take("/"):
            return True
        self.skip()
        version = self.match(_VERSION)
        return bool(version) and int(version) == 1

    def _equals(self) -> bool:
        self.skip()
        if not self.take("="):
            return False
        self.skip()
        return True

    def _ends_word(self) -> bool:
        return self.at_end or self._text[self._here] in f"{_SPACE};("

    def _ended(self) -> bool:
        return self.skip() and (self.at_end or self.at(";"))

    def _property(self) -> tuple[str, str] | None:
        """Read `ptype.property=value`, or `reason=value`, or what some add: `action=none`."""
        start = self._here
        self.skip()
        name = self.match(_KEYWORD).lower()
        self.skip()
        if name and self.take("."):
            self.skip()
            name += f".{self.match(_PROPERTY).lower()}"
        if name and self._equals() and (value := self.value()):
            return name, value
        self._here = start
        return None

    def _quoted(self) -> str | None:
        """Step over a quoted string and return what it says; None if it does not end."""
        self._here += 1
        found: list[str] = []
        while not self.at_end:
            sign = self._text[self._here]
            self._here += 1
            if sign == '"':
                return "".join(found)
            if sign == "\\" and not self.at_end:
                sign = self._text[self._here]
                self._here += 1
            found.append(sign)
        return None

    def _comment(self) -> bool:
        """Step over a comment; false, with all of the rest stepped over, if it does not end."""
        depth = 0
        while not self.at_end:
            sign = self._text[self._here]
            self._here += 2 if sign == "\\" else 1
            depth += (sign == "(") - (sign == ")")
            if depth > _DEEPEST_COMMENT:
                break
            if not depth:
                return True
        self._here = len(self._text)
        return False
