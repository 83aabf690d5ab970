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

from mailer.domain.bounces.judge import ENHANCED, REPLY, reason_of_text
from mailer.domain.inbound.kinds import Reason
from mailer.domain.text.plain import plain
from mailer.message.bounces import address_scanning as addresses
from mailer.message.bounces.blocks import LONGEST_LINE, MOST_LINES, Blocks, Seen
from mailer.message.incoming.mime import Part
from mailer.message.phrases import bounce_cues

MOST_ADDRESSES: Final = 400
"""The recipients read of one report; a longer list tells nothing more."""

_REACH: Final = 14
"""Lines after an announcement in which addresses may be meant by it."""
_RCPT: Final = re.compile(r"rcpt\s+to\s*:\s*<?\s*$")
_SIGNED: Final = re.compile(
    r"\s*(?:(?:kind|best|warm|with)\b.{0,20} )?(?:regards|sincerely|yours|grusse?n?|"
    r"cordialement|saludos)"
)
"""A signature, whose address is that of the report's author."""
_DISPLAYED: Final = re.compile(
    r"\s*(?:\"[^\"]{1,60}\"|'[^']{1,60}'|(?:[^\W\d][\w.'-]{0,29} ){1,4}) ?[<\[(](?:smtp:)?$"
)
"""A display name stands before the address."""
_MAIL_TO: Final = re.compile(
    r"\byour (?:e?-?mail|message) (?:sent |addressed |was sent )?(?:to|for)[\s<\"'\[]*$"
)
_NAMELESS: Final = re.compile(r"(?<![\w.+=@-])@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_LIST: Final = re.compile(
    r"([^@+]+?)-(?:bounces?|owner|errors|return|returns|admin|request|leave|confirm)\b[^@]*@(.+)"
)
_OWNER: Final = re.compile(r"owner-([^@+]+)@(.+)")
_REPLIED: Final = re.compile(r"(?:^|[\s:(<])[45]\d\d[ -].{0,80}$")
_BARE: Final = re.compile(
    r"[\s<>'\"*•·–—\[(|:-]*"
    r"(?:[(\[#]?(?:\d{1,3}|[a-z])[.)\]:]\s*[<'\"\[]*"
    r"|\d{1,4}(?:\s+\d\d?[./-]\d\d?){1,2}\s+)?"
    r"(?:\[?(?:smtp|rfc-?822)[:;=\s]\s*)?[<'\"\s]*$"
)
"""Nothing, a bullet, a number or the columns of a table; and what surrounds an address."""
_ROW: Final = re.compile(
    r"[\s,;<>'\"]*(?:(?:and|or|nor|und|oder|noch|et|ou|ni|y|e|o|en|of|og|och|eller|ja|i|и|και|"
    r"ve|&) )?(?:(?:to|for|an|a|aan|para|pour) )?[\s<'\"]*"
)
"""The text between the addresses of a row."""
_REACHED: Final = re.compile(
    r"[>\])'\"]{0,3}\s*[:,-]?\s*(?:(?:was|were|has been|is|wurde|a ete|ha sido|fue) )?"
    r"(?:successful(?:ly)? ?)?(?:delivered|delivery ok|ok|success|succeeded|accepted|relayed|"
    r"zugestellt|remis|delivre|distribue|entregad[oa]|consegnato|afgeleverd|bezorgd|levererad|"
    r"leveret)[\s.!;)]*$"
)
"""Stands after an address that mail did reach."""
_REACHED_LIST: Final = re.compile(
    r"(?!.*\b(?:not|\w*n't|could|cannot|unable|fail\w*|nicht|pas|non|no|niet|nao)\b).*"
    r"\b(?:(?:was|were|been) reached|delivered|accepted|relayed|succeeded|successful\w*|zugestellt|"
    r"remis|distribue|entregado|entregue|consegnato|bezorgd)\b.{0,40}:\s*$"
)
"""Announces those that mail did reach."""
_STATE: Final = re.compile(
    r"[>\])'\"]{0,3}\s*[:,(-]?\s*(?:(?:was|has been|is) )?(?:failed|delayed|rejected|refused|"
    r"bounced|undeliver|deferred|expired|unknown|not (?:delivered|found))"
)
"""Stands after an address that mail did not reach."""
_PAIRS: Final = re.compile(
    r"\W*(?:[\w -]{1,20}[:=]\s?[^:=@]{0,24}[,;]?\s*){1,3}[<\"'\[]*(?:smtp:)?$"
)
"""Labels with values and nothing else stand before an address."""
_REASONS: Final = 4
_PARENTHESIS: Final = re.compile(r"\s+\(")
_ITEM: Final = re.compile(r"\s*(?:\"?\||\"?/|(?:save|pipe) to )")
"""A program or a file, where a report names an address otherwise."""
_ANSWER: Final = re.compile(
    r"\s*(?:[\w:. -]{0,30}?\b(?:s|rcvd|received|server|response|answer): ?|<<<|<--?|<)?\s*"
    r"([245])\d\d(?: |$)",
    re.IGNORECASE,
)
_COMMANDED: Final = re.compile(r"rcpt\s+to\s*:", re.IGNORECASE)
_COLON: Final = re.compile(r"[>\]'\")]{0,3}\s?:(?:\s|$)")
_DOTS: Final = re.compile(r"[>'\"]?\s*\.\.\.")
_ENDED: Final = re.compile(r"[\s<>'\"*:;,.)\]|]*$")
_ROLES: Final = re.compile(
    r"(?:postmaster|mailer-daemon|abuse|help-?desk|help|noc|support|hostmaster|webmaster|root|security)@",
    re.IGNORECASE,
)
_STRONG: Final = 8
_LISTED: Final = 9
"""The weight of what surely stands in a list of recipients."""


@dataclass(frozen=True, slots=True)
class Named:
    """A recipient that a report's text names, with what it says about it."""

    address: str
    diagnostic: str


@dataclass
class _Scan:
    """One reading of a report's text."""

    lines: list[str]
    own: frozenset[str]
    meant: frozenset[str]
    """The recipients of the returned message."""
    lists: re.Pattern[str] | None
    """The other addresses of the list that the report came back to."""
    seen: list[Seen] = field(default_factory=list)

    def run(self) -> None:
        named = [number for number, line in enumerate(self.lines) if _may_name(line)]
        if not named:
            return
        # Only what stands near before an address can announce it.
        before = {number for one in named for number in range(one - _REACH, one)}
        announced, reached = -100, False
        passed = accepted(self.lines)
        for number, line in enumerate(self.lines[: named[-1] + 1]):
            lower = plain(line)
            if self._tells_reached(number, lower):
                announced, reached = -100, True
                continue
            if _may_name(line) and not reached and number not in passed:
                self._weigh_line(number, line, lower, announced)
                if len(self.seen) > MOST_ADDRESSES:
                    return
            if not reached and number not in before:
                continue
            if bounce_cues.INTRO.search(lower):
                announced, reached = number, False
            elif _SIGNED.match(lower):
                announced = -100
        self._level()

    def _tells_reached(self, number: int, lower: str) -> bool:
        """Tell whether a line announces those that mail did reach; it may end a sentence."""
        if not lower[:200].rstrip().endswith(":") or not _REACHED_LIST.match(lower[:200]):
            return False
        before = plain(self.lines[number - 1]).rstrip() if number else ""
        begun = before and not before.endswith((".", ":", "!", "?"))
        whole = f"{before} {lower}" if begun else lower
        return bool(_REACHED_LIST.match(whole[:400]))

    def _level(self) -> None:
        """Give the same weight to addresses whose lines look the same: it is one list."""
        last: dict[str, Seen] = {}
        for one in sorted(self.seen, key=lambda one: -one.weight):
            if one.shape and (one.weight >= _LISTED or one.shape in last):
                best = last.setdefault(one.shape, one)
                one.weight = max(one.weight, best.weight)

    def _weigh_line(self, number: int, line: str, lower: str, announced: int) -> None:
        if bounce_cues.NO_DIALOGUE.match(line):
            return
        near = number - announced <= _REACH
        ended, weight = -1, 0.0
        for address, start, end in addresses.find(line):
            before = lower[max(0, start - 120) : start]
            if not self._may_be_meant(address.lower(), before) or _REACHED.match(lower[end:]):
                continue
            # What stands in a row is meant in the same way.
            row = ended >= 0 and _ROW.fullmatch(lower[ended:start])
            weight = weight if row else self._weight(number, before, lower[end:], near)
            item = number
            if near and bounce_cues.GENERATED.search(before) and (above := self._item(number)):
                item, weight = above, 10
            self.seen.append(Seen(address, weight, item, _shape(lower[:start], lower[end:])))
            ended = end

    def _item(self, number: int) -> int:
        """Return the line of the program or file that a line is about: right above its reasons."""
        above = number - 1
        while above > max(0, number - _REASONS) and _PARENTHESIS.match(self.lines[above]):
            above -= 1
        return above if above >= 0 and _ITEM.match(self.lines[above]) else 0

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
        ended = bool(_ENDED.match(after))
        told = self._told(number)
        says = self._told(number, 1)
        pairs = labelled and (near or in_line) and bool(_PAIRS.match(before))
        weights = (
            (bool(bounce_cues.GENERATED.search(before)), 5),
            (bare and near and ended, 10),
            (bool(_DISPLAYED.match(before)) and near and (says or (told and ended)), 9),
            (bare and bool(_STATE.match(after)), 9),
            (bare and bool(_COLON.match(after)), 10),
            (bool(_RCPT.search(before)), 8.5),
            # Sendmail's own lines, with a code before the address or without: all weigh the same.
            (bare and bool(_DOTS.match(after)), 8),
            (bare and told and (near or ended or says), 9),
            (pairs and told, 9),
            (
                labelled
                and says
                and bool(bounce_cues.INTRO.search(before) and _COLON.match(after)),
                9,
            ),
            (bool(_MAIL_TO.search(before) and bounce_cues.INTRO.search(after[:80])), 9),
            (bare and near, 7),
            (bool(_REPLIED.search(before)), 8),
            (labelled and (near or in_line or told), 8),
            (told and (near or in_line) and (bare or says), 6),
            (bare and ended, 6),
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


def _may_name(line: str) -> bool:
    return "@" in line or "(a)" in line or "[SF:" in line


def _shape(before: str, after: str) -> str:
    """Return how a line looks around an address that begins it, or nothing."""
    if len(before) > 40 or not (_BARE.match(before) or _PAIRS.match(before)):
        return ""
    following = re.match(r"\s*(\w*|\W)", after.lstrip(">])'\""))
    before = re.sub(r"\[(?:smtp:)?$", "", re.sub(r"\d+|\b[a-z](?=[.)\]])", "0", before))
    return before + "@" + (re.sub(r"\d+", "0", following[0]) if following else "")


def accepted(lines: list[str]) -> set[int]:
    """Return the lines of an SMTP dialogue with a recipient that was accepted, unlike another."""
    waiting: list[int] = []
    passed: set[int] = set()
    refused = False
    if not _COMMANDED.search("\n".join(lines)):
        return passed
    for number, line in enumerate(lines):
        if _COMMANDED.search(line):
            waiting.append(number)
        elif waiting and (answer := _ANSWER.match(line)):
            about = waiting.pop(0)
            refused = refused or answer[1] != "2"
            if answer[1] == "2":
                passed.add(about)
    return passed if refused else set()


def named_recipients(text: str, original: Part | None, own: Iterable[str]) -> list[Named]:
    """Find the failed recipients that a report's text names.

    Args:
        text: the report's own words, without the returned message.
        original: the header of the returned message, or None.
        own: addresses that are never the failed ones unless the returned message was for them.
    """
    scan = _scanned(text, original, own)
    best = _best(scan)
    blocks = Blocks(scan.lines, best, scan.seen)
    return [
        Named(address, blocks.said_of(address))
        for address in addresses.unique(one.address for one in best)
    ]


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
    bases = {
        found.groups() for one in own if (found := _LIST.fullmatch(one) or _OWNER.fullmatch(one))
    }
    named = [rf"{re.escape(name)}(?:[-+][^@]*)?@{re.escape(domain)}" for name, domain in bases]
    return re.compile("|".join(sorted(named))) if named else None


def _lines(text: str) -> list[str]:
    return [line[:LONGEST_LINE] for line in text.split("\n")[:MOST_LINES]]


def _best(scan: _Scan) -> list[Seen]:
    if not scan.seen:
        return []
    heaviest = max(one.weight for one in scan.seen)
    if heaviest < _STRONG:
        meant = {(one.line, one.weight) for one in scan.seen if one.address.lower() in scan.meant}
        for one in scan.seen:
            # What stands in a row is meant in the same way.
            one.weight += 3 * ((one.line, one.weight) in meant)
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

    The one for whom its last relay took it, else the one in its To, else the one whose domain or
    name before the @ occurs in the report; nothing if that leaves a choice.

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
    return _half_said(meant, report) or next(iter(traced), "")


def _half_said(meant: list[str], report: str) -> str:
    """Return the one of whom a report tells the domain, as `@example.org`, else the name."""
    lower = report.lower()
    domains = {one.rstrip(".") for one in _NAMELESS.findall(lower)[:MOST_ADDRESSES]}
    there = [one for one in meant if "@" + one.lower().rpartition("@")[2] in domains]
    if len(there) == 1:
        return there[0]
    said = [
        one for one in meant if re.search(rf"\b{re.escape(one.lower().partition('@')[0])}\b", lower)
    ]
    return said[0] if len(said) == 1 else ""


def _senders(original: Part | None) -> frozenset[str]:
    if original is None:
        return frozenset()
    names = ("from", "sender", "return-path", "reply-to", "errors-to", "x-sender", "message-id")
    values = [value for name in names for value in original.all(name)]
    return frozenset(address.lower() for address in addresses.every(values))
