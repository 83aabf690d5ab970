"""A person's words in a message: without quotation, signature and the phone's last line.

Nor are a gateway's warning above it, an office's notice below it, and the armour of a signed text
(RFC 9580 section 7) a person's words. A message that is passed on is told from one that is quoted.
"""

# ruff: noqa: E501  # a pattern that is cut in two cannot be read
from __future__ import annotations

import re
from typing import Final, NamedTuple

from mailer.domain.text.wording import INVISIBLE
from mailer.message.bounces import address_scanning as addresses
from mailer.message.bounces.report import READABLE, chosen
from mailer.message.incoming.mime import Part
from mailer.message.phrases.gateway_words import FORWARDS, NOTICE, without_warning
from mailer.vocabulary.cues import Within, cues

MOST_LINES: Final = 400
"""Lines that are looked at."""

_QUOTED: Final = re.compile(r"^\s*[>|]|^\s*&gt;")
_QUOTE_BEGINS: Final = cues("gateways", "quotes", before=r"^\s*", ignore_case=True)
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
    r"^\s*(?:sent (?:from|via|with|using) (?:my |a |the )?\S|get (?:outlook|bluemail) for|envoyé (?:de|depuis|à partir d[e'u]|avec|via) ?(?:mon|ma|l'|un|la|outlook|yahoo|proton|messagerie)?|enviado (?:desde|do|de|a partir d[oe]|con) (?:mi|meu|el|o|mail|outlook|yahoo|proton)|von meine[mr] \S+ gesendet|gesendet (?:von|mit|über)|diese nachricht wurde von meinem|inviato da|verzonden (?:vanaf|met|via)|skickat från|sendt fra|lähetetty |wysłan[eo] z|odesláno z|odoslané z|trimis de pe|στάλθηκε από|отправлено (?:с|из)|надіслано з|iphone'umdan gönderildi|发自我的|發自我的|iphoneから送信|나의 iphone에서|télécharge[zr]? outlook|obtener outlook|obtenir outlook|outlook für|scarica outlook|sent on the go)[^\n?]{0,80}$",
    re.IGNORECASE,
)
_GOES_ON: Final = re.compile(
    r"[,;:.!] *(?!.{0,40}(?:typo|brevity|excuse|erreur|fehler|errores|outlook|secure|https?:))[^\W\d_]{2}",
    re.IGNORECASE,
)
"""Something is said after the name of a telephone."""
_ARMOUR: Final = "-----BEGIN PGP SIGNED MESSAGE-----"
_ARMOUR_ENDS: Final = "-----BEGIN PGP SIGNATURE-----"
_ARMOUR_FIELD: Final = re.compile(r"(?:Hash|NotDashEscaped): \S|(?:Hash|Comment|Charset): ")
_ATTRIBUTED: Final = 3
"""Lines after the beginning of a quotation among which its first quoted line stands."""


class Written(NamedTuple):
    """A person's own words."""

    lines: tuple[str, ...]
    """Without empty ones."""
    bare: bool
    """True if nothing was quoted or forwarded."""
    forwards: bool = False
    """True if a line says that a message is passed on."""
    quoted_from: tuple[str, ...] | None = None
    """Addresses in the `From:` line of the message that is below the words; None: there is none.

    Programs put such a block above what they quote and above what they forward alike.
    """

    @property
    def first_line(self) -> str:
        """The first line, or nothing."""
        return self.lines[0] if self.lines else ""


def visible_text(message: Part) -> str:
    """Return the text of a message as its reader sees it, HTML as text."""
    return "\n".join(part.text for part in chosen(message) if part.type.startswith(READABLE))


def written_by_author(text: str) -> Written:
    """Return a person's own words in a text; at most its first lines are read."""
    if not text.isascii():
        text = INVISIBLE.sub("", text).replace("’", "'")
    return _Taking(without_warning(text).split("\n")[:MOST_LINES]).written()


class _Taking:
    """Goes through the lines of a text."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        whole = " ".join(lines)
        self._quotes = _QUOTE_BEGINS.within(whole)
        self._forwards = FORWARDS.within(whole)
        self._notices = NOTICE.within(whole)

    def written(self) -> Written:
        kept: list[str] = []
        bare, armoured = True, False
        number = -1
        while (number := number + 1) < len(self._lines):
            line = self._lines[number].rstrip("\r")
            if line == _ARMOUR and not kept:
                armoured = True
            elif _SIGNED.match(line) or (armoured and line == _ARMOUR_ENDS):
                break
            elif self._passes_on(line):
                return Written(tuple(kept), False, forwards=True)
            elif _QUOTED.match(line):
                bare = False
            elif _begins_quotation(self._lines, number, self._quotes):
                bare = False
                below = self._below(number)
                if below is None:
                    return Written(tuple(kept), False, quoted_from=self._author(number))
                number = below
            elif self._is_notice(line):
                break
            elif not _is_no_word(line, armoured=armoured and not kept):
                words = line.removeprefix("- ") if armoured else line
                kept.append(words.strip(" \t\xa0")[:1000])
        return Written(tuple(kept), bare)

    def _passes_on(self, line: str) -> bool:
        return bool(self._forwards.stems) and len(line) < 200 and self._forwards.match(line)

    def _is_notice(self, line: str) -> bool:
        return bool(self._notices.stems) and len(line) < 400 and self._notices.match(line)

    def _below(self, number: int) -> int | None:
        """Return the last line of an attribution whose quotation is marked line by line.

        Words may stand below such a quotation. Where it is not marked, all that follows is quoted.
        """
        if _HEADER_BEGINS.match(self._lines[number]):
            return None
        words = 1
        for place in range(number + 1, min(len(self._lines), number + 2 * _ATTRIBUTED)):
            line = self._lines[place]
            if _QUOTED.match(line):
                return place - 1
            words += bool(line.strip())
            if words > _ATTRIBUTED - 1:
                return None
        return None

    def _author(self, number: int) -> tuple[str, ...] | None:
        """Return the addresses of the author of the message that begins at a line."""
        for line in self._lines[number : number + 6]:
            if _HEADER_BEGINS.match(line):
                return tuple(addresses.every([line]))
        return None


def _is_no_word(line: str, *, armoured: bool) -> bool:
    """Tell whether a line is empty, a telephone's, or a field of an armour."""
    if armoured and _ARMOUR_FIELD.match(line):
        return True
    phone = _PHONE.match(line)
    return not line.strip(" \t\r\xa0") or bool(phone and not _GOES_ON.search(line))


def _begins_quotation(lines: list[str], number: int, quotes: Within) -> bool:
    line = lines[number]
    if len(line) > 400 or not line or line.isspace():
        return False
    both = " ".join(lines[number : number + 2])[:400]
    if quotes.stand_in(both) and (quotes.match(line) or quotes.match(both)):
        return True
    if not _HEADER_BEGINS.match(line):
        return False
    return any(_HEADER_FOLLOWS.match(later) for later in lines[number + 1 : number + 4])
