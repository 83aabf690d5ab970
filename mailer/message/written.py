"""What a person wrote in a message: without quotation, signature and the phone's last line."""

# ruff: noqa: E501  # a pattern that is cut in two cannot be read
from __future__ import annotations

import re
from typing import Final, NamedTuple

from mailer.domain.cues import Cues, Within
from mailer.message.mime import Part
from mailer.message.report import READABLE, chosen

MOST_LINES: Final = 400
"""Lines that are looked at."""

_QUOTED: Final = re.compile(r"^\s*[>|]|^\s*&gt;")
_QUOTE_BEGINS: Final = Cues(
    r"^\s*(?:-{2,} ?(?:original message|forwarded message|message d'origine|message original|mensaje original|mensagem original|ursprüngliche nachricht|messaggio originale|oorspronkelijk bericht|original|mensaje reenviado|message transféré|weitergeleitete nachricht|原始邮件|原始郵件|元のメッセージ|исходное сообщение)"
    r"|_{10,}\s*$|begin forwarded message|(?:on|le|el|am|il|op|den|em|dnia|w dniu|от) .{4,160}(?:wrote|a écrit|escribió|schrieb|ha scritto|schreef|skrev|escreveu|napisał\w*|пишет|написал\w*)\s?:?\s*$|.{4,160}(?:wrote|a écrit|escribió|schrieb|ha scritto|schreef|skrev|escreveu|写道|のメッセージ|さんは書きました)\s?[:：]\s*$)",
    ignore_case=True,
)
_HEADER_BEGINS: Final = re.compile(
    r"^\s*\*?(?:from|de|von|da|van|från|fra|od|от|发件人|差出人)\s?\*?\s?[:：]\*? ?\S",
    re.IGNORECASE,
)
_HEADER_FOLLOWS: Final = re.compile(
    r"^\s*\*?(?:sent|date|to|subject|envoyé|enviado|gesendet|fecha|à|an|para|inviato|verzonden|objet|asunto|betreff|cc)\s?\*?\s?[:：]",
    re.IGNORECASE,
)
_SIGNED: Final = re.compile(r"^-- ?$|^—\s*$|^_{2,9}$")
_PHONE: Final = re.compile(
    r"^\s*(?:sent (?:from|via|with|by) (?:my |a |the )?\S|get outlook for|envoyé (?:de|depuis|à partir) (?:mon|ma|l'|un)|enviado (?:desde|do|de) (?:mi|meu|el)|von meine[mr] \S+ gesendet|gesendet (?:von|mit)|inviato da|verzonden (?:vanaf|met)|skickat från|отправлено (?:с|из)|发自我的|iphoneから送信|télécharge[zr]? outlook|obtener outlook|sent on the go)",
    re.IGNORECASE,
)


class Written(NamedTuple):
    """A person's own words."""

    lines: tuple[str, ...]
    """Without empty ones."""
    bare: bool
    """True if nothing was quoted or forwarded."""

    @property
    def first_line(self) -> str:
        """The first line, or nothing."""
        return self.lines[0] if self.lines else ""


def visible_text(message: Part) -> str:
    """Return the text of a message as its reader sees it, HTML as text."""
    return "\n".join(part.text for part in chosen(message) if part.type.startswith(READABLE))


def written_by_author(text: str) -> Written:
    """Take a person's own words out of a text; at most its first lines are read."""
    lines = text.replace("’", "'").split("\n")[:MOST_LINES]
    quotes = _QUOTE_BEGINS.within(" ".join(lines))
    kept: list[str] = []
    bare = True
    for number, line in enumerate(lines):
        if _SIGNED.match(line.rstrip("\r")):
            break
        if _begins_quotation(lines, number, quotes):
            bare = False
            break
        if _QUOTED.match(line):
            bare = False
        elif _PHONE.match(line):
            continue
        elif line.strip(" \t\r\xa0"):
            kept.append(line.strip(" \t\r\xa0")[:1000])
    return Written(tuple(kept), bare)


def _begins_quotation(lines: list[str], number: int, quotes: Within) -> bool:
    line = lines[number]
    if len(line) > 400:
        return False
    if quotes.match(line) or (
        line.strip() and quotes.match(" ".join(lines[number : number + 2])[:400])
    ):
        return True
    if not _HEADER_BEGINS.match(line):
        return False
    return any(_HEADER_FOLLOWS.match(later) for later in lines[number + 1 : number + 4])
