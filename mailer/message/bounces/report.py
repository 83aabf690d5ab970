"""A report taken apart: what its author says, and the message that is returned with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from mailer.domain.text.plain import plain, unquoted
from mailer.message.bounces import notices
from mailer.message.bounces.dsn import STATUS_TYPES
from mailer.message.bounces.text import weighed
from mailer.message.incoming.mime import Part, decode_words, read_fields
from mailer.message.phrases.bounce_cues import INTRO

_RETURNED: Final = frozenset(
    {
        "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers",
        "message/global-headers", "text/rfc822-header", "message/partial",
    }
)  # fmt: skip
_NAMES: Final = (
    "return-path|received|message-id|date|from|to|subject|mime-version|x-[a-z0-9-]{1,40}|cc"
    "|sender|reply-to|content-[a-z-]{1,30}|dkim-signature|delivered-to|in-reply-to|references"
    "|list-[a-z-]{1,20}|precedence|importance|organization|envelope-to|user-agent|errors-to"
    "|thread-[a-z]{1,10}|authentication-results|auto-submitted|arc-[a-z-]{1,30}|received-spf"
    "|domainkey-signature|status|resent-[a-z-]{1,20}|priority|comments|lines|return-receipt-to"
)
_FIELD: Final = re.compile(rf"[ >|]{{0,8}}(?:{_NAMES})\s?:", re.IGNORECASE)
_TRACE: Final = re.compile(
    r"[ >|]{0,4}(?:return-path|received|message-id|mime-version|dkim-signature|x-mailer)\s?:",
    re.IGNORECASE,
)
READABLE: Final = ("text/", "multipart/")
"""A multipart whose boundary is lost is read as text."""
_HOP: Final = re.compile(r"[ >|]{0,4}(?:return-path|received|dkim-signature)\s?:", re.IGNORECASE)
_MARK: Final = re.compile(
    r"\W{0,12}(?:below this line is a copy|this is a copy of (?:the|your) message"
    r"|-{2,} ?(?:original|returned|unsent|undelivered|message|begin|start of|included is"
    r"|your (?:original )?message|the (?:body|header)|message (?:header|text|body)|ursprüng|orig)"
    r"|(?:the )?(?:text|headers?|contents?|copy|first \w+ (?:lines|bytes)) "
    r"(?:of|from) (?:the |your )?"
    r"(?:original |returned |undelivered |rejected )?(?:e-?mail|message|mail)"
    r"|(?:original|unsent|returned|undelivered) message (?:follows|headers?|text|below|attached)"
    r"|(?:your )?original message(?: follows| is (?:below|attached))?\s*[:.]?\s*$"
    r"|message headers? follows?|received message (?:headers?|follows)|original e-?mail"
    r"|copia del mensaje|le message original|ursprüngliche nachricht"
    r"|元のメッセージ|原邮件|原始邮件)",
    re.IGNORECASE,
)
"""A line after which the returned message comes, in the words of many systems."""
_SURE_MARK: Final = re.compile(
    r"\W{0,12}(?:below this line is a copy of the message|this is a copy of (?:the|your) message"
    r"|-{3,} ?(?:(?:start|beginning) of (?:the |your )?(?:original |returned )?message"
    r"|returned mail follows|unsent message (?:below|follows)|returned message))",
    re.IGNORECASE,
)
"""A line that nothing but the returned message can follow."""
_FOLDED: Final = re.compile(
    r"<((?:[^\s<>@]{1,120}@?[^\s<>@]{0,120})[.@-])\n[ \t]*((?:[^\s<>@]{1,120}@)?[^\s<>@]{2,120})>"
)
"""An address in angle brackets that is broken at the end of a line."""
_ENCODED: Final = re.compile(r"=\?[\w-]{1,40}\?[bq]\?[^?\s]{1,400}\?=", re.IGNORECASE)
"""An encoded word (RFC 2047 section 2)."""
_AT_ANYWHERE: Final = re.compile(r"[ (\[]at[ )\]]", re.IGNORECASE)
_AT: Final = re.compile(
    r"^([ \t<*•-]{0,12})([\w.+-]{1,64}) ?(?:(?<= )at |[(\[]at[)\]]) ?"
    r"((?:[\w-]{1,63}\.){1,8}[a-z]{2,24})(?=>?[ \t]*[:.]?[ \t]*\r?$)",
    re.IGNORECASE | re.MULTILINE,
)
"""An address alone on its line, its @ written as a word."""
LONGEST_REPORT: Final = 48 * 1024
"""Characters of a report that are looked at."""


@dataclass(frozen=True)
class Report:
    """The facts that a message gives by itself, without the one that it returns."""

    text: str
    original: Part | None
    """The returned message or its header; None if none was found."""

    @cached_property
    def own(self) -> Report:
        """The text without what it quotes."""
        return Report(unquoted(self.text), self.original)

    @cached_property
    def weight(self) -> float:
        """Return how surely its words name an address as not reached (`bounce_text`)."""
        return max((one.weight for one in weighed(self.text, self.original, ())), default=0)


def take_apart(message: Part) -> Report:
    """Tell a report's own words from the message that it returns.

    The text of a report made of parts is that before the returned message. In a single text the
    returned message begins after a line that says so, or where a block of header fields begins.
    """
    if notice := notices.read(message):
        return Report("", notice.original)
    texts, original = _parts(message)
    whole = "\n\n".join(text for text in texts if text.strip())
    whole = _FOLDED.sub(r"<\1\2>", whole[: 2 * LONGEST_REPORT])
    text, header = split_text(_written_out(whole[:LONGEST_REPORT]))
    if original is None and header:
        original = Part(read_fields(header), b"")
    return Report(text, original)


def _written_out(text: str) -> str:
    """Write addresses as addresses where a report has them in other forms.

    Some systems encode them as they would a name in a header field (RFC 2047), and some have them
    alone on a line as `ana at example.org`, so that nobody gathers them.
    """
    if "=?" in text:
        text = _ENCODED.sub(_decoded, text)
    if _AT_ANYWHERE.search(text):
        text = _AT.sub(r"\1\2@\3", text)
    return text


def _decoded(found: re.Match[str]) -> str:
    decoded = decode_words(found[0])
    return decoded if "@" in decoded and len(decoded.split()) == 1 else found[0]


def _parts(message: Part) -> tuple[list[str], Part | None]:
    texts: list[str] = []
    original: Part | None = None
    for part in chosen(message):
        if part.type in _RETURNED:
            original = original or _returned(part)
        elif part.type.startswith(READABLE) and not part.parts:
            if original is None or not texts:
                texts.append(part.text)
        elif part.type == "message/delivery-notification" or part.type in STATUS_TYPES:
            continue
    return texts, original


def _returned(part: Part) -> Part:
    if part.parts:
        return part.parts[0]
    return Part(read_fields(part.text.lstrip("\n")), b"")


def chosen(message: Part) -> list[Part]:
    """Return the parts that a reader sees: of alternatives, the plain text if it says anything."""
    if message.type == "multipart/alternative" and message.parts:
        plain = [part for part in message.parts if part.type == "text/plain" and part.text.strip()]
        return (
            chosen(plain[0]) if plain else [one for part in message.parts for one in chosen(part)]
        )
    if message.type in _RETURNED or not message.parts:
        return [message]
    return [one for part in message.parts for one in chosen(part)]


def split_text(text: str) -> tuple[str, str]:
    """Split a text into the report's words and the header of the returned message in it."""
    lines = text.split("\n")
    begin = _header_begins(lines)
    for number, line in enumerate(lines[:begin]):
        if not number or len(line) > 160 or not _MARK.match(line):
            continue
        if _SURE_MARK.match(line) or _fields_follow(lines, number + 1):
            begin = number
            break
    if begin >= len(lines):
        return text, ""
    rest = begin
    while rest < len(lines) and not _FIELD.match(lines[rest]):
        rest += 1
    header: list[str] = []
    for line in lines[rest:]:
        if not line.strip("> |\t"):
            break
        header.append(re.sub(r"^[>|] ?", "", line))
    indent = len(header[0]) - len(header[0].lstrip()) if header else 0
    return "\n".join(lines[:begin]), "\n".join(line[indent:] for line in header)


def _fields_follow(lines: list[str], start: int) -> bool:
    """Tell whether a header field is among the next lines that say something."""
    said = [line for line in lines[start : start + 12] if line.strip("> |\t-_=*")][:4]
    return any(_FIELD.match(line) for line in said)


def _header_begins(lines: list[str]) -> int:
    """Find the line where three header fields or more stand together, one of them a trace."""
    start = seen = 0
    trace = sure = False
    for number, line in enumerate(lines):
        if _FIELD.match(line):
            start = start if seen else number
            seen += 1
            trace = trace or bool(_TRACE.match(line))
            sure = sure or bool(_HOP.match(line))
            # What stands before any word of the report's own is no returned message.
            if seen >= 3 and trace and (sure or (start > 0 and not _is_echo(lines, number))):
                return start
        elif not (seen and line[:1] in {" ", "\t", ">", "|"} and line.strip("> |\t")):
            seen, trace, sure = 0, False, False
    return len(lines)


def _is_echo(lines: list[str], number: int) -> bool:
    """Tell whether fields only remind of the message, and the report goes on after them."""
    while number < len(lines) and lines[number].strip():
        if _HOP.match(lines[number]):
            return False
        number += 1
    following = [line for line in lines[number : number + 20] if line.strip()][:6]
    return any(INTRO.search(plain(line)) for line in following)
