"""Reading of refusals: the command answered, whom it may be about, and which are the same."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final

from mailer.domain.text.plain import flowing, plain


class Stage(StrEnum):
    """The command that a reply answers."""

    UNKNOWN = ""
    CONNECT = "connect"
    """The greeting."""
    HELLO = "ehlo"
    TLS = "starttls"
    LOGIN = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"
    """The final dot, after the message itself."""

    @property
    def names_nobody(self) -> bool:
        """Tell whether no recipient was named yet: then a refusal is no recipient's."""
        return self in _BEFORE_RCPT


_BEFORE_RCPT: Final = frozenset({Stage.CONNECT, Stage.HELLO, Stage.TLS, Stage.LOGIN, Stage.MAIL})


class About(StrEnum):
    """The party that a refusal is about (law 14)."""

    CONNECTION = "connection"
    """This session; another one may be better off."""
    US = "us"
    """Our account, address, machine, rate or mail: no reader pays for it."""
    RECIPIENT = "recipient"
    """The reader's address, or nobody can tell: then the severity is undetermined."""


_ANSWERED: Final = re.compile(
    r"\b(?:in (?:reply|response|answer) to|after)(?: the| a| an| end of| initial| pipelined"
    r"| sending| our| your)* (helo|ehlo|starttls|auth\b|mail from|rcpt to|data\b|message)|"
    r">>> ?(helo|ehlo|starttls|auth\b|mail from|rcpt to|data\b)[^<>]{0,40}(?:<[^<>]{0,320}>)?"
    r"[^<>]{0,40}<<< ?[45]\d\d"
)
"""Phrases by which Postfix, Exim and sendmail name the command that was refused."""
_STAGES: Final = {
    "helo": Stage.HELLO,
    "ehlo": Stage.HELLO,
    "starttls": Stage.TLS,
    "auth": Stage.LOGIN,
    "mail from": Stage.MAIL,
    "rcpt to": Stage.RCPT,
    "data": Stage.DATA,
    "message": Stage.DATA,
}
_REFUSED_THERE: Final = re.compile(
    r"\bbut (?:sender was rejected|my name was rejected)|\bmy name (?:was|is|has been) rejected"
)
"""So says qmail of MAIL and of HELO."""
_CODE: Final = re.compile(r"(?<![\w.:-])[45]\d\d(?![\w.:]*\d)|(?<![\d.])[45]\.\d{1,3}\.\d{1,3}")
_LONGEST: Final = 4000


@lru_cache(maxsize=512)
def stage_in(text: str) -> Stage:
    """Read in a report which command was refused; unknown if it does not say, or names several.

    A connection that was lost, or a server that was silent after a command, refused nothing.
    """
    words = flowing(text[:_LONGEST])
    if _REFUSED_THERE.search(words):
        return Stage.MAIL
    named = {_STAGES[found[1] or found[2]] for found in _ANSWERED.finditer(words)}
    later = [one for one in named if not one.names_nobody]
    if not named or (len(named) > 1 and later) or not _CODE.search(words):
        return Stage.UNKNOWN
    return next(iter(named))


_URL: Final = re.compile(r"\bhttps?://\S+|\bwww\.\S+")
_ADDRESS: Final = re.compile(r"\S*@\S*")
_MIXED: Final = re.compile(r"\b(?=\w*[a-z][A-Z])(?=\w*[A-Z][a-z]\w*[A-Z])\w{8,}\b")
"""A word of small and capital letters in turn is an id."""
_NAMED: Final = re.compile(r"\b(?:id|ref|reference|queue|session|code|uuid|guid)\b ?[:=#] ?\S+")
_NUMBERED: Final = re.compile(r"\S*\d\S*")
_SIGNS: Final = re.compile(r"[^\w]+")
_LONG_WORD: Final = re.compile(r"\b\w{25,}\b")


def alike(code: int, enhanced: str, text: str, recipient: str = "") -> str:
    """Return what is the same in two replies that say the same of two recipients.

    Args:
        code: the reply code, 0 if there was none.
        enhanced: the enhanced status code, or empty.
        text: the words.
        recipient: whom it was said of: neither the address nor its parts count, nor do other
            addresses, numbers, ids and links.
    """
    words = plain(_MIXED.sub(" ", _ADDRESS.sub(" ", _URL.sub(" ", text))))
    words = _NUMBERED.sub(" ", _NAMED.sub(" ", words))
    for part in filter(None, plain(recipient).split("@")):
        words = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", " ", words)
    words = _SIGNS.sub(" ", _LONG_WORD.sub(" ", words))
    return f"{code} {enhanced} {words.strip()}"
