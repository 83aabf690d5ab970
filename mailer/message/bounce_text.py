"""Reports without structure: whom they say they could not reach, and why, by words and places.

Every address in the report's own text gets a weight by where it stands: after `RCPT TO:`, alone
on a line after words such as "could not be delivered to", before a colon and a reason, in an
SMTP reply. The heaviest are the failed recipients. Addresses that no report means by that are
left out: our own, the sender's, contacts. If none is named, the returned message tells whom it
was for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from mailer.domain.bounce import ENHANCED, REPLY, judge, reason_of_text
from mailer.domain.inbound import Reason
from mailer.domain.plain import plain
from mailer.message import addresses, bounce_cues
from mailer.message.mime import Part

MOST_LINES: Final = 1_200
LONGEST_LINE: Final = 1_000
MOST_ADDRESSES: Final = 400
"""Of one report; a list of recipients longer than that tells nothing more."""
LONGEST_DIAGNOSTIC: Final = 500

_REACH: Final = 14
"""Lines after an announcement in which addresses may be meant by it."""
_RCPT: Final = re.compile(r"rcpt\s+to\s*:\s*<?\s*$")
_SIGNED: Final = re.compile(
    r"\s*(?:(?:kind|best|warm|with)\b.{0,20} )?(?:regards|sincerely|yours|grusse?n?|"
    r"cordialement|saludos)"
)
"""Whose address stands below this wrote the report."""
_DISPLAYED: Final = re.compile(
    r"\s*(?:\"[^\"]{1,60}\"|'[^']{1,60}'|(?:[^\W\d][\w.'-]{0,29} ){1,4}) ?[<\[(](?:smtp:)?$"
)
"""A display name stands before the address."""
_MAIL_TO: Final = re.compile(
    r"\byour (?:e?-?mail|message) (?:sent |addressed |was sent )?(?:to|for)[\s<\"'\[]*$"
)
_LIST: Final = re.compile(
    r"([^@+]+?)-(?:bounces?|owner|errors|return|returns|admin|request|leave|confirm)\b[^@]*@(.+)"
)
_REPLIED: Final = re.compile(r"(?:^|[\s:(<])[45]\d\d[ -].{0,80}$")
_NO_DIALOGUE: Final = re.compile(
    (
        r"\s*(?:\w{3} [\d:. -]{8,24}: (?:\[[\d:]+\] )?)?(?:(?:>>>|-->|sent:?) ?(?:mail\b|data|ehlo|"
        r"helo|quit|rset|starttls|auth|bdat|noop|\.)|(?:<<<|<--|received:?)?"
        r" ?(?:2[235][0-5][ -]|354 )|(?:mail from:|(?:ehlo|helo) \S+\s*$|"
        r"(?:data|quit|rset|starttls)\s*$))"
    ),
    re.IGNORECASE,
)
"""The lines of an SMTP dialogue that tell nothing about a recipient."""
_BARE: Final = re.compile(r"[\s<>'\"*•\[(|:-]*(?:\[?(?:smtp|rfc-?822)[:;=\s]\s*)?[<'\"\s]*$")
_COLON: Final = re.compile(r"[>\]'\")]{0,3}\s?:(?:\s|$)")
_DOTS: Final = re.compile(r"[>'\"]?\s*\.\.\.")
_ENDED: Final = re.compile(r"[\s<>'\"*:;,.)\]|]*$")
_SAID: Final = re.compile(
    r"^\s*(?:<{2,3}|reason\s*:|error\s*:|diagnostic|response\s*:|\W{0,4}[45]\d\d[ -])",
    re.IGNORECASE,
)
_ROLES: Final = re.compile(
    r"(?:postmaster|mailer-daemon|abuse|help-?desk|help|noc|support|hostmaster|webmaster|root|security)@",
    re.IGNORECASE,
)
_RULED: Final = re.compile(r"[-=_*]{4,}")
"""Begins the next section of a report."""
_STRONG: Final = 8


@dataclass(frozen=True, slots=True)
class Named:
    """A recipient that a report's text names, with what it says about it."""

    address: str
    diagnostic: str


@dataclass
class Seen:
    """One place where a report names an address, and how surely it means it."""

    address: str
    weight: float
    line: int


@dataclass
class _Scan:
    """One reading of a report's text."""

    lines: list[str]
    own: frozenset[str]
    meant: frozenset[str]
    """Whom the returned message was for."""
    lists: re.Pattern[str] | None
    """The other addresses of the list that the report came back to."""
    seen: list[Seen] = field(default_factory=list)

    def run(self) -> None:
        announced = -100
        for number, line in enumerate(self.lines):
            lower = plain(line)
            if "@" in line or "(a)" in line:
                self._weigh_line(number, line, lower, announced)
                if len(self.seen) > MOST_ADDRESSES:
                    return
            if bounce_cues.INTRO.search(lower):
                announced = number
            elif _SIGNED.match(lower):
                announced = -100

    def _weigh_line(self, number: int, line: str, lower: str, announced: int) -> None:
        if _NO_DIALOGUE.match(line):
            return
        near = number - announced <= _REACH
        ended, weight = -1, 0.0
        for address, start, end in addresses.find(line):
            before = lower[max(0, start - 120) : start]
            if not self._may_be_meant(address.lower(), before):
                continue
            # What stands in a row is meant in the same way.
            row = ended >= 0 and re.fullmatch(
                r"[\s,;<>'\"]*(?:and |or )?[\s<'\"]*", lower[ended:start]
            )
            weight = weight if row else self._weight(number, before, lower[end:], near)
            self.seen.append(Seen(address, weight, number))
            ended = end

    def _may_be_meant(self, key: str, before: str) -> bool:
        if self.lists and self.lists.fullmatch(key):
            return False
        if key in self.meant or _RCPT.search(before):
            return not bounce_cues.REFUSED_PREFIX.search(before) or bool(_RCPT.search(before))
        if key in self.own or _ROLES.match(key):
            return False
        return not bounce_cues.REFUSED_PREFIX.search(before) or bool(
            bounce_cues.GENERATED.search(before)
        )

    def _weight(self, number: int, before: str, after: str, near: bool) -> float:
        """Weigh where an address stands; `near` says that words of failure came before."""
        bare = bool(_BARE.match(before))
        labelled = bool(bounce_cues.LABELLED.search(before))
        in_line = bool(bounce_cues.INTRO.search(before) or bounce_cues.INTRO.search(after[:160]))
        told = self._told(number)
        weights = (
            (bool(bounce_cues.GENERATED.search(before)), 5),
            (bare and near and bool(_ENDED.match(after)), 10),
            (bool(_DISPLAYED.match(before)) and near and self._told(number, 1), 9),
            (bare and bool(_COLON.match(after)), 10),
            (bool(_RCPT.search(before)), 8.5),
            (bare and told and (near or bool(_ENDED.match(after)) or self._told(number, 1)), 9),
            (bool(_MAIL_TO.search(before) and bounce_cues.INTRO.search(after[:80])), 9),
            (bare and near, 7),
            (bool(_REPLIED.search(before)) or (bare and bool(_DOTS.match(after))), 8),
            (labelled and (near or in_line or told), 8),
            (told and (near or in_line) and (bare or self._told(number, 1)), 6),
            (bare and bool(_ENDED.match(after)), 6),
            (told or in_line, 5),
            (labelled, 4),
        )
        return next((weight for holds, weight in weights if holds), 2)

    def _told(self, number: int, reach: int = 3) -> bool:
        """Tell whether a reason stands on this line or those after it that are within reach."""
        text = " ".join(self.lines[number : number + reach])[:600]
        return bool(REPLY.search(text) or ENHANCED.search(text)) or (
            reason_of_text(text) is not Reason.UNDETERMINED
        )


def named_recipients(text: str, original: Part | None, own: Iterable[str]) -> list[Named]:
    """Find the failed recipients that a report's text names.

    Args:
        text: the report's own words, without the returned message.
        original: the header of the returned message, or None.
        own: addresses that are never the failed ones unless the returned message was for them.
    """
    lines = _lines(text)
    scan = _scanned(text, original, own)
    best = _best(scan)
    keys = {one.address.lower() for one in best}
    named = []
    for address in addresses.unique(one.address for one in best):
        said = diagnostic_of(lines, address, best, keys)
        if len(keys) > 1 and judge(said).reason is Reason.UNDETERMINED:
            # A list of addresses comes first, and the reasons further down.
            said = diagnostic_of(lines, address, scan.seen, keys)
        named.append(Named(address, said))
    return named


def weighed(text: str, original: Part | None, own: Iterable[str]) -> list[Seen]:
    """Return the places of the heaviest addresses of a report's text; arguments as above."""
    return _best(_scanned(text, original, own))


def _scanned(text: str, original: Part | None, own: Iterable[str]) -> _Scan:
    meant = frozenset(address.lower() for address in meant_by(original))
    ours = frozenset(one.lower() for one in own) | _senders(original)
    scan = _Scan(_lines(text), ours, meant, _lists(ours))
    scan.run()
    return scan


def _lists(own: Iterable[str]) -> re.Pattern[str] | None:
    """Match what belongs to a list like `bulletin-bounces+…@`: `bulletin@`, `bulletin-leave+…@`."""
    bases = {found.groups() for one in own if (found := _LIST.fullmatch(one))}
    named = [rf"{re.escape(name)}(?:[-+][^@]*)?@{re.escape(domain)}" for name, domain in bases]
    return re.compile("|".join(sorted(named))) if named else None


def bare_name(text: str) -> str:
    """Return the name without a domain that stands alone after an announcement, or nothing."""
    lines = _lines(text)
    for number, line in enumerate(lines[:40]):
        if line.rstrip().endswith(":") and bounce_cues.INTRO.search(
            plain(" ".join(lines[max(0, number - 1) : number + 1]))
        ):
            following = next(
                (one.strip() for one in lines[number + 1 : number + 3] if one.strip()), ""
            )
            if re.fullmatch(r"<?[A-Za-z0-9][\w.+-]{1,63}>?", following):
                return following.strip("<>")
    return ""


def _lines(text: str) -> list[str]:
    return [line[:LONGEST_LINE] for line in text.split("\n")[:MOST_LINES]]


def _best(scan: _Scan) -> list[Seen]:
    if not scan.seen:
        return []
    heaviest = max(one.weight for one in scan.seen)
    if heaviest < _STRONG:
        for one in scan.seen:
            one.weight += 3 * (one.address.lower() in scan.meant)
        heaviest = max(one.weight for one in scan.seen)
    if heaviest < 5 and len({one.address.lower() for one in scan.seen}) > 1:
        return []
    return [one for one in scan.seen if one.weight >= heaviest - (heaviest >= 10)]


def meant_by(original: Part | None) -> list[str]:
    """Return whom a returned message was for, by its header."""
    if original is None:
        return []
    named = ("to", "cc", "bcc", "x-failed-recipients", "envelope-to", "apparently-to", "resent-to")
    return addresses.every(value for name in named for value in original.all(name))


def only_recipient(original: Part | None, report: str, own: Iterable[str], home: str = "") -> str:
    """Return whom a returned message was for, where the report names no address.

    The one for whom its last relay took it, else the one in its To, else the one whose name
    before the @ occurs in the report; nothing if that leaves a choice.

    Args:
        original: the header of the returned message, or None.
        report: the report's own words.
        own: addresses that are never the failed ones: those that the report came to.
        home: the domain that the report is from; mail to a list was for somebody there.
    """
    if original is None:
        return ""
    lists = ("x-beenthere", "list-post", "sender", "errors-to")
    ours = {one.lower() for one in own}
    ours |= {one.lower() for name in lists for one in addresses.every(original.all(name))}
    traced = [
        found[1]
        for value in original.all("received")
        if (found := re.search(r"\bfor <([^<>\s@]+@[^<>\s]+)>", value))
        and found[1].lower() not in ours
    ]
    if traced and len(addresses.unique(traced)) == 1:
        return traced[0]
    meant = [one for one in meant_by(original) if one.lower() not in ours]
    near = addresses.unique(one for one in traced if home and one.lower().endswith("@" + home))
    if len(near) == 1 and not any(one.lower().endswith("@" + home) for one in meant):
        return near[0]
    if len(meant) == 1:
        return meant[0]
    lower = report.lower()
    said = [
        one for one in meant if re.search(rf"\b{re.escape(one.lower().partition('@')[0])}\b", lower)
    ]
    if len(said) == 1:
        return said[0]
    return traced[0] if traced else ""


def _senders(original: Part | None) -> frozenset[str]:
    if original is None:
        return frozenset()
    names = ("from", "sender", "return-path", "reply-to", "errors-to", "x-sender", "message-id")
    values = [value for name in names for value in original.all(name)]
    return frozenset(address.lower() for address in addresses.every(values))


def diagnostic_of(lines: list[str], address: str, seen: list[Seen], others: set[str]) -> str:
    """Gather what the lines around a recipient say about it: the paragraph that it begins."""
    key = address.lower()
    stops = {one.line for one in seen if one.address.lower() in others - {key}}
    said: list[str] = []
    for number in [one.line for one in seen if one.address.lower() == key][:6]:
        said += _paragraph(lines, number, stops)
    return squeezed(" ".join(dict.fromkeys(said)))


def _paragraph(lines: list[str], number: int, stops: set[int]) -> list[str]:
    taken = [lines[number].strip()]
    gap = 0
    for following in range(number + 1, min(number + 9, len(lines))):
        line = lines[following].strip()
        if following in stops or _RULED.match(line):
            break
        if not line:
            gap += 1
            if gap > 1 or len(taken) > 1:
                break
            continue
        if not _NO_DIALOGUE.match(line):
            taken.append(line)
    return taken


def replies_of(text: str) -> str:
    """Return the lines of a report in which a mail system says why, and those that follow."""
    lines = text.split("\n")[:MOST_LINES]
    said = [
        " ".join(part.strip() for part in lines[number : number + 2])[:LONGEST_LINE]
        for number, line in enumerate(lines)
        if _SAID.search(line) or (len(line) < 400 and (REPLY.search(line) or ENHANCED.search(line)))
    ]
    return squeezed(" ".join(said[:6]))


def prose_of(text: str) -> str:
    """Return a report's words without the commands of an SMTP dialogue."""
    return "\n".join(line for line in text.split("\n")[:200] if not _NO_DIALOGUE.match(line))


def squeezed(text: str) -> str:
    """Return a text on one line, of a length that fits a table."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text[:4000]).split())
    return line if len(line) <= LONGEST_DIAGNOSTIC else line[: LONGEST_DIAGNOSTIC - 1] + "…"
