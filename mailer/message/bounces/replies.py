"""Reading of servers' replies in a report: in lines, over several lines, or cut short.

Some systems repeat only the beginning of a reply beside the recipient, and give it in whole in the
transcript of the session. The whole one tells why: `550 Requested action not taken` may end in the
name of a block list.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from mailer.domain.bounces.judge import ENHANCED, REPLY
from mailer.message.bounces import address_scanning as addresses
from mailer.message.bounces.blocks import LONGEST_LINE, MOST_LINES, squeezed
from mailer.message.phrases import bounce_cues

_LEAST: Final = 6
"""Letters that a beginning must have to be known again."""

_SAID: Final = re.compile(
    r"^\s*(?:<{2,3}|reason\s*:|error\s*:|diagnostic|response\s*:|\W{0,4}[45]\d\d[ -])",
    re.IGNORECASE,
)
_LINE: Final = re.compile(r"\s*(?:<{2,3}|<--?)?\s*([245]\d\d)(?:([ -])(.*))?$")
_COMMAND: Final = re.compile(r"\s*(?:>{2,3}|-->|sent:)\s*(rcpt to:.*|[a-z]{4})", re.IGNORECASE)
_ENHANCED_FIRST: Final = re.compile(r"\A\s*#?[245]\.\d{1,3}\.\d{1,3}[\s:]*")
_WORDS: Final = re.compile(r"[\W_]+")
_CUT: Final = re.compile(r"\s*(?:\.{2,}|…)\s*\)?$")
_ENDED: Final = re.compile(r"[\s)>\]'\"]*$")
_GOES_ON: Final = re.compile(r"\s*(?:[,;:]\s*\S|\.{2,}\s*\S|…\s*\S|[a-z])")
_REMARK: Final = re.compile(
    r"\s*\((?:in reply to|en réponse|en respuesta|als antwort|in risposta)\b.*", re.DOTALL
)
"""Postfix adds to which command it was said."""


class Reply(NamedTuple):
    """One reply of a server."""

    code: str
    text: str
    """Its lines as one, without the codes that each of them begins with."""
    about: str
    """The recipient that was spoken of, in lower case; empty: all of them, or not known."""
    key: str
    """The letters that tell it from others."""


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
    return "\n".join(
        line for line in text.split("\n")[:200] if not bounce_cues.NO_DIALOGUE.match(line)
    )


def whole(said: str, text: str, address: str = "") -> str:
    """Return what was said with its reply in whole, if the report has more of it.

    Args:
        said: about a recipient; its reply, if it has any, may be cut short.
        text: the report's own words.
        address: the recipient.
    """
    found = REPLY.search(said)
    if not found:
        return said
    begun = _key(said[found.end() :])
    if len(begun) < _LEAST:
        return said
    key = address.lower()
    longer = [
        one
        for one in _replies(text)
        if one.code == found[1] and one.about in {"", key} and one.key.startswith(begun)
    ]
    best = max(longer, key=lambda one: len(one.key), default=None)
    if best is None or len(best.key) <= len(begun):
        return said
    detail = ENHANCED.match(said[found.end() :].lstrip(" -#"))
    code = f"{found[1]} {detail[0]} " if detail else f"{found[1]} "
    closed = ")" if said.rstrip().endswith(")") and not best.text.endswith(")") else ""
    return squeezed(said[: found.start()] + code + best.text + closed)


def is_cut(said: str) -> bool:
    """Tell whether what was said ends in dots, where the words went on."""
    return bool(_CUT.search(said))


def continued(said: str, paragraph: str) -> str:
    """Return what was said with what a paragraph about the same recipient goes on to say.

    Status fields are cut at some length, where the words above them are not.
    """
    short = _CUT.sub("", said.strip())
    start = paragraph.find(short) if len(short) > 2 * _LEAST else -1
    if start < 0:
        return said
    after = _REMARK.sub("", paragraph[start + len(short) :])
    return squeezed(short + after) if _GOES_ON.match(after) else said


def _key(text: str) -> str:
    """Return the letters of a reply that tell it from others, without its code."""
    text = _ENDED.sub("", _CUT.sub("", text))
    return _WORDS.sub("", _ENHANCED_FIRST.sub("", text.lstrip(" -"), count=1)).lower()


@lru_cache(maxsize=4)
def _replies(text: str) -> tuple[Reply, ...]:
    """Find the replies that stand in lines of their own, several lines of one joined.

    A report asks for them once for each of its recipients.
    """
    found: list[Reply] = []
    waiting: list[str] = []
    code, taken = "", [""]
    for line in text.split("\n")[:MOST_LINES]:
        if one := _LINE.match(line[:LONGEST_LINE]):
            if one[1] != code:
                code, taken = one[1], []
            taken.append(_ENHANCED_FIRST.sub("", one[3] or "", count=1).strip())
            if one[2] != "-":
                about = waiting.pop(0) if waiting else ""
                whole_text = " ".join(taken)
                found.append(Reply(code, whole_text, about, _key(whole_text)))
                code = ""
        elif command := _COMMAND.match(line[:LONGEST_LINE]):
            asked = addresses.first(command[1]).lower()
            waiting = [*waiting, asked] if asked else []
            code = ""
    return tuple(found)
