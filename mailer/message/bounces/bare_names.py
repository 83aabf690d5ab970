"""Names without a domain by which old systems call whom they could not reach: `jdoe`.

GroupWise, Notes, Exchange 5.5 and sendmail speak of their own users so. Such a name is no address
until something tells at which domain it is: the returned message, another place of the report, or
at least the domain that the report is from.
"""

# ruff: noqa: E501  # a pattern that is cut in two cannot be read
from __future__ import annotations

import re
from typing import Final, NamedTuple

from mailer.domain.text.plain import plain
from mailer.message.phrases import bounce_cues
from mailer.vocabulary.cues import cues

_MOST_LINES: Final = 60
_REACH: Final = 24
"""Lines after an announcement in which names may stand."""
_MOST: Final = 20
_TELEPHONE: Final = 8
"""Digits of a number that may be a mailbox, at a carrier."""
_NAME: Final = r"[A-Za-z0-9](?:[\w.+-]{0,62}[\w])"
_ENTRY: Final = re.compile(
    rf"(\s*)[<\"'*•-]{{0,3}}\s?({_NAME})[>\"']{{0,2}}\s*"
    r"(?:\(\s*([^()]{3,200}?)\s*\)|(?:[:–]|\s-)\s+(.{3,200})|\.\.\.\s*(.{3,200})|(?<=\s\s)(\S.{3,200})"
    r"|(?:on|am|le|el|il) (?:\w{2,12}[,.]? )?\d?\d?[^a-z]?.{0,60}\d)?\s*$"
)
"""A name alone on its line, or with a reason after it, or with a date."""
_INLINE: Final = cues("reports", "unknown-name", ignore_case=True)
"""A name in a sentence that says that it is not known."""
_DOTTED: Final = re.compile(rf"\s*(?:[45]\d\d (?:[45]\.\d\.\d{{1,2}} )?)?<?({_NAME})>?\.\.\. \S.*")
_NO_NAMES: Final = frozenset(
    re.findall(
        r"\w+",
        """a account address addressee alias an and at below by can could date destination do does error
        failed for from has here host id in invalid is it local mail mailbox message name no none not of
        on or part permanent person quota reason recipient recipients sender sent server smtp specified
        status subject system that the their this to unknown user users was were with you your""",
    )
)
"""Words that stand where a name could."""
_HOST: Final = re.compile(
    r"(?:[\w-]*\d[\w-]*|\w*mail\w*|mx|smtp\w*|relay\w*|gw|gate\w*|ns|hub|mta|server|out|in|post)\.[^.]+\.",
    re.IGNORECASE,
)


def is_of_users(domain: str) -> bool:
    """Tell whether a domain is one at which people have addresses, not that of one machine there."""
    return bool(domain) and domain.count(".") < 4 and not _HOST.match(domain)


class Called(NamedTuple):
    """A name, and what is said about it."""

    name: str
    said: str


def bare_names(text: str) -> list[Called]:
    """Return the names without a domain that a report says it could not reach, each once."""
    lines = [line[:300] for line in text.split("\n")[:_MOST_LINES]]
    found = _listed(lines) or _mentioned(lines)
    kept: dict[str, Called] = {}
    for one in found:
        kept.setdefault(one.name.lower(), one)
    return list(kept.values())[:_MOST]


def dotted_names(text: str) -> list[Called]:
    """Return the names in lines of old sendmail's: `550 jdoe... User unknown`."""
    found = (_DOTTED.match(line[:300]) for line in text.split("\n")[:_MOST_LINES])
    return [Called(one[1], one[0].strip()) for one in found if one][:_MOST]


def _listed(lines: list[str]) -> list[Called]:
    """Find names that stand in lines of their own after an announcement."""
    for number, line in enumerate(lines[:40]):
        if not line.rstrip().endswith((":", "：")):
            continue
        announced = plain(" ".join(lines[max(0, number - 1) : number + 1]))
        if bounce_cues.INTRO.search(announced) and (
            found := _after(lines[number + 1 : number + 1 + _REACH])
        ):
            return found
    return []


def _after(lines: list[str]) -> list[Called]:
    """Read the names that a list begins with; lines without a name are about the one above."""
    found: list[Called] = []
    indent = ""
    blank = started = False
    for line in lines:
        if not line.strip():
            blank = True
            continue
        entry = _entry(line) if not found or line.startswith(indent) else None
        if entry and (not found or len(line) - len(line.lstrip()) == len(indent)):
            found.append(entry)
            indent = line[: len(line) - len(line.lstrip())]
            started = bool(entry.said)
        elif not found or (blank and started) or line.lstrip().startswith("--"):
            break
        else:
            found[-1] = Called(found[-1].name, f"{found[-1].said} {line.strip()}".strip())
            started = True
        blank = False
    return found


def _entry(line: str) -> Called | None:
    found = _ENTRY.fullmatch(line)
    if not found or found[2].lower() in _NO_NAMES or "@" in line:
        return None
    return Called(found[2], next((one for one in found.groups()[2:] if one), ""))


def _mentioned(lines: list[str]) -> list[Called]:
    """Find names in sentences that say that they are not known."""
    found: list[Called] = []
    for line in lines:
        if "@" in line.partition("(")[0]:
            continue
        for one in _INLINE.finditer(line):
            name = next(group for group in one.groups() if group)
            if name.lower() not in _NO_NAMES and (not name.isdigit() or len(name) >= _TELEPHONE):
                found.append(Called(name, line.strip()))
    return found
