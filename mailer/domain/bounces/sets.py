"""What a report says, read by sets of words: what is spoken of, and what is said of it nearby.

Fixed wordings know only what was met before. Here each thing that is said belongs to the nearest
thing that is spoken of in the same sentence: `unknown` says that a reader is gone where it stands
by "user", "Empfänger" or "скринька", and that we are in doubt where it stands by "sender".
"""

# ruff: noqa: E501  # a pattern that is cut in two cannot be read
from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final, NamedTuple

from mailer.domain.bounces import vocabulary as words
from mailer.domain.text.cues import Cues
from mailer.domain.text.plain import unaccented

_SPELLED: Final = {
    "ä": "(?:ae?|æ)",
    "ö": "(?:oe?)",
    "ü": "(?:ue?)",
    "ø": "(?:oe?)",
    "æ": "(?:ae?|æ)",
    "å": "(?:aa?)",
    "ß": "(?:ss|ß)",
}
"""Systems that know no such letters write two."""
_SPOKEN_OF: Final = ("OURS", "MACHINE", "DOMAIN", "STORE", "BOX", "WHO", "MESSAGE")
_LONGEST: Final = 1200
"""Characters that are looked at: further down, reports explain and advise."""
_MOST: Final = 60
"""Words of each set; more of them tell nothing more."""
_SENTENCE: Final = re.compile(r"(?:[.;!?](?= |$)| - | \| |[。；！])")
_NEGATION: Final = re.compile(r"\b(?:not|n't|never|nicht|pas|niet|inte|ikke|nie|не) $")
_LOOK_BACK: Final = 28
_JOINED: Final = re.compile(
    r" ?(?:(?:of|from|de|du|del|della|do|da|van|des|der|av|af) )?(?:the |l'|la |il |den )?"
)
_WHOSE: Final = frozenset({"DOMAIN", "WHO"})


def _spelled(text: str) -> str:
    return unaccented("".join(_SPELLED.get(letter, letter) for letter in text))


def _whole(some: str) -> str:
    """Match any of some words, whole; scripts without blanks know no words."""
    return rf"\b(?:{_spelled(some)})\b" if re.search(r"[a-zа-яα-ω]", some) else some


@cache
def _subjects() -> re.Pattern[str]:
    """Match whatever is spoken of; the group says what."""
    sets = ((name, map(_whole, getattr(words, name))) for name in _SPOKEN_OF)
    return re.compile("|".join(f"(?P<{name}>{'|'.join(some)})" for name, some in sets))


_PERHAPS: Final = Cues(words.PERHAPS, spelled=_spelled)


class _Spoken(NamedTuple):
    """A place where something is spoken of."""

    of: str
    start: int
    end: int


class Near:
    """Words that are said of something; found like a pattern."""

    def __init__(self, of: tuple[str, ...], said: tuple[str, ...], reach: int = 45) -> None:
        """Look for things that are `said` within `reach` letters of what they are said `of`."""
        self._of = frozenset(of)
        self._said = Cues(*said, spelled=_whole)
        self._reach = reach

    def search(self, text: str) -> bool:
        """Tell whether it is said; the text is `flowing`."""
        beginning = text[:_LONGEST]
        return self._said.may_be_in(beginning) and any(
            self._is_meant(sentence, found)
            for sentence in _sentences(beginning)
            for found in _some(self._said, sentence)
        )

    def _is_meant(self, sentence: str, found: re.Match[str]) -> bool:
        if _NEGATION.search(sentence[: found.start()]):
            return False
        near = [
            (distance, one)
            for one in _spoken_of(sentence)
            if 0 <= (distance := _distance(one, found, sentence)) <= self._reach
        ]
        if not near:
            return False
        nearest = min(near)[1]
        first = min(nearest.start, found.start())
        start, end = max(0, first - _LOOK_BACK), max(first, found.start())
        guessed = _PERHAPS.pattern.search(sentence, start, end)
        return nearest.of in self._of and not guessed


def _distance(one: _Spoken, found: re.Match[str], sentence: str) -> int:
    """Count the letters between; what stands in another clause, or follows, is further away."""
    if one.end <= found.start():
        between = sentence[one.end : found.start()]
        return len(between) + 12 * (between.count(",") + between.count(":"))
    if found.end() <= one.start:
        between = sentence[found.end() : one.start]
        return len(between) + 12 * (between.count(",") + between.count(":")) + 3
    # `Can take no more mail` is not said of the mail.
    if one.of == "MESSAGE" and found.start() <= one.start and one.end <= found.end():
        return -1
    # One word says both, like a name that holds another.
    return -1 if one.start <= found.start() and found.end() <= one.end else 0


@lru_cache(maxsize=64)
def _sentences(text: str) -> tuple[str, ...]:
    return tuple(one for one in _SENTENCE.split(text) if one.strip())


@lru_cache(maxsize=256)
def _spoken_of(sentence: str) -> tuple[_Spoken, ...]:
    spoken = [
        _Spoken(str(found.lastgroup), found.start(), found.end())
        for found in _some(_subjects(), sentence)
    ]
    for number in range(1, len(spoken)):
        before, after = spoken[number - 1 : number + 1]
        # The sender's address is the sender.
        if _JOINED.fullmatch(sentence[before.end : after.start]):
            if before.of == "OURS" and after.of in _WHOSE:
                spoken[number] = after._replace(of="OURS")
            elif after.of == "OURS" and before.of in _WHOSE:
                spoken[number - 1] = before._replace(of="OURS")
    return tuple(spoken)


def _some(pattern: re.Pattern[str] | Cues, sentence: str) -> Iterator[re.Match[str]]:
    for count, found in enumerate(pattern.finditer(sentence)):
        if count >= _MOST:
            return
        yield found


WE_ARE_LISTED: Final = Near(("OURS", "MACHINE", "MESSAGE"), words.LISTED, reach=80)
WE_ARE_REFUSED: Final = Near(("OURS",), words.REFUSED + words.ABSENT + words.CLOSED)
NOT_ENTITLED: Final = Cues(
    r"nicht (?:\S+ ){0,2}?(?:berechtigt|befugt|autorisiert),? (?:\S+ ){0,7}?(?:senden|schreiben|posten)|keine berechtigung,? [^.]{0,40}(?:senden|schreiben)",
    r"n'(?:êtes|avez|est) pas (?:\S+ ){0,2}?(?:autoris\w+|l'autorisation|la permission|le droit)[^.]{0,20}(?:envoyer|écrire|publier)",
    r"no (?:tiene|tienes|dispone de|posee) (?:\S+ )?(?:permisos?|autorización)[^.]{0,20}(?:enviar|escribir|publicar)|no está autorizad\w (?:a|para) (?:enviar|escribir)",
    r"non (?:si dispone|dispone|disponi|hai|ha|si ha)[^.]{0,12}(?:autorizzazion\w+|permess\w+)[^.]{0,12}(?:inviare|scrivere|pubblicare)|non (?:è|sei) autorizzat\w a (?:inviare|scrivere)",
    r"não tem (?:permissão|autorização)[^.]{0,12}(?:enviar|escrever|publicar|postar)|não está autorizad\w a (?:enviar|escrever)",
    r"niet (?:gemachtigd|bevoegd|gerechtigd) om|geen (?:toestemming|machtiging|rechten) om [^.]{0,40}(?:verzenden|sturen)",
    r"inte behörighet att|saknar behörighet att|ikke (?:tilladelse|tillatelse|rettigheder|rettigheter) til|ei ole (?:oikeutta|oikeuksia|lupaa) lähettää",
    r"nie masz uprawnień do (?:wysył|publik)|nemáte oprávnění (?:odes|posí)|nemáte oprávnenie|nincs (?:engedélye|jogosultsága)[^.]{0,40}küld|nu aveți permisiunea",
    r"нет (?:разрешения на отправк|прав[а]? (?:на отправк|отправлять))|не разрешено отправлять|немає дозволу на надсилання|(?:gönderme|göndermek için) (?:izniniz|yetkiniz) yok|δεν έχετε (?:δικαίωμα|άδεια)",
    r"(?:送信|投稿)(?:する)?(?:権限|許可)が|送信が許可され|(?:没有|沒有|无|無)(?:发送|寄送)?(?:权限|權限)|(?:보낼|전송할|게시할) (?:수 있는 )?권한이|ليس لديك إذن|אין לך הרשאה",
    spelled=_spelled,
)
"""We may not write to this recipient; only some may."""
TAKEN_FOR_ADVERTISING: Final = Cues(
    rf"\b(?:{words.TAKEN_FOR})[^.;]{{0,40}}?\b(?:{words.ADVERTISING})",
    rf"(?:{words.ADVERTISING})[^.;]{{0,25}} (?:{words.TAKEN_FOR})",
    spelled=_spelled,
)
BOX_FULL: Final = Near(("BOX", "STORE", "WHO"), words.FULL)
BOX_OVER: Final = Near(("BOX", "STORE"), words.OVER)
QUOTA_PASSED: Final = Cues(
    rf"\b(?:{'|'.join(words.OVER)})[^.;]{{0,25}}?\b(?:{words.QUOTA})", spelled=_spelled
)
BOX_CLOSED: Final = Near(("BOX", "WHO"), words.CLOSED)
BOX_ABSENT: Final = Near(("BOX", "WHO"), words.ABSENT)
DOMAIN_ABSENT: Final = Near(("DOMAIN",), words.ABSENT + words.CLOSED)
FOR_NOW: Final = Cues(words.FOR_NOW, spelled=_spelled)
"""What is said is so for a time."""
