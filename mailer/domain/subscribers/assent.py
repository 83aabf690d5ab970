"""Reading of replies: agreement, refusal, or something that a person must read (law 17).

Assent is said, never assumed: nothing written at all, or words of assent and courtesy alone. A
sentence is taken apart into phrases that are known; with a word left over that is not, it is no
assent, whatever else is in it. To refuse, a clear refusal among other words is enough: nothing
follows from it but that nobody is subscribed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

from mailer.domain.inbound.marks import subject_of
from mailer.domain.subscribers import substance
from mailer.domain.subscribers.command import OBJECTING, TOKEN, Verb, Vocabularies, of_line
from mailer.domain.subscribers.substance import Writing
from mailer.domain.text.wording import Phrases, Words, words_of


class Meaning(StrEnum):
    """The meaning of a phrase or a sentence as an answer to a question."""

    YES = "yes"
    NO = "no"
    NOTHING = "nothing"
    """Courtesy."""
    UNTOLD = "untold"
    """Something else, or both."""


@dataclass(frozen=True, slots=True)
class Assent:
    """The words that are known."""

    phrases: Phrases[Meaning]
    refuses: Phrases[bool]
    """Phrases that refuse among other words."""

    def to(self, question: Verb, vocabularies: Vocabularies) -> Assent:
        """Return these with the commands that answer a question: to confirm, or to leave."""
        meanings: dict[Words, Meaning] = {}
        for spoken in vocabularies.by_language.values():
            for one in (*spoken.fillers, *spoken.leaving, *spoken.wishes):
                meanings[tuple(words_of(one))] = Meaning.NOTHING
        commands: dict[Words, Meaning] = {}
        for words, (verb, _) in vocabularies.phrases.items():
            answer = _ANSWERS[question].get(verb)
            (meanings if answer is None else commands)[words] = answer or Meaning.UNTOLD
        said = self.phrases.with_default(meanings)
        return replace(self, phrases=said.replaced_by(commands))


_ANSWERS: Final[dict[Verb, dict[Verb, Meaning]]] = {
    Verb.CONFIRM: {
        Verb.CONFIRM: Meaning.YES, Verb.SUBSCRIBE: Meaning.YES, Verb.LEAVE: Meaning.NO,
    },
    Verb.LEAVE: {Verb.CONFIRM: Meaning.YES, Verb.LEAVE: Meaning.YES},
}  # fmt: skip
"""The meaning of a command as an answer to a question."""
_THUMBS: Final = {"👍": "yes", "✅": "yes", "✔": "yes", "☑": "yes", "👌": "yes", "🆗": "yes"} | {
    "👎": "no", "❌": "no", "✖": "no", "🚫": "no", "⛔": "no", "✗": "no", "❎": "no",
}  # fmt: skip
_KIND: Final = re.compile("[😀😃😄😁😊🙂☺😉🤗🥰❤♥💚💙🙏🎉🌞🌷]")
"""Faces and flowers that say nothing but that their writer is well."""
_SIGN: Final = re.compile("|".join(_THUMBS))
_TONES: Final = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")
_PLAIN: Final = frozenset(".,;:!'\"’‘“”«»()*_~#+=|/&<>[]·•-–—…。、，！；：「」،؛^`")
"""Signs that say nothing: no question mark among them, and no face."""
_FACE: Final = re.compile(r"[:;=]-?[(/|\\<\[]")
_CLAUSE: Final = re.compile(r"[.!;,:،，、–—()](?=\s|$)|[。！；，、؛\n]|\s-{1,2}\s")
MOST_WORDS: Final = 60
"""The most words of a clause that are read: a longer one is a letter."""


class _Clause(NamedTuple):
    """The meaning of a part of a sentence."""

    meaning: Meaning
    strong: bool = False
    """True if it refuses whatever else is said."""


def answer_of(
    writing: Writing, question: Verb, vocabularies: Vocabularies, known: Assent
) -> Meaning:
    """Tell what a reply says to a question of ours.

    Args:
        writing: the reply.
        question: `CONFIRM` or `LEAVE`.
        vocabularies: the commands of all languages, in which our subjects are written.
        known: the words of assent to that question.

    Returns:
        `YES` for assent, an empty reply included; `NO` for a refusal; else `UNTOLD`.
    """
    if subject_of(writing.subject).forward or writing.passed_on or writing.encloses:
        return Meaning.UNTOLD
    title = _of_subject(writing.subject, question, vocabularies, known)
    left = substance.substance(writing, vocabularies.courtesies)
    said = meaning_of([TOKEN.sub(" ", line) for line in left], known)
    if title is Meaning.NO:
        return Meaning.UNTOLD if said is Meaning.YES else Meaning.NO
    if not left:
        return Meaning.UNTOLD if title is Meaning.UNTOLD else Meaning.YES
    changed = title is Meaning.UNTOLD and substance.asks(writing.subject)
    return Meaning.UNTOLD if said is Meaning.NOTHING or (changed and said is Meaning.YES) else said


def _of_subject(given: str, question: Verb, vocabularies: Vocabularies, known: Assent) -> Meaning:
    """Tell what the subject says, as far as it is not our own."""
    text = subject_of(given).text
    words = words_of(text)
    first = known.phrases.at(words, 0)
    token = TOKEN.search(text)
    if first and first.meaning is Meaning.NO and (token or first.length == len(words)):
        return Meaning.NO
    if token:
        return meaning_of([text[token.end() :]], known)
    command = of_line(text, vocabularies)
    begun = vocabularies.phrases.at(words, 0)
    plain = not substance.asks(text) and OBJECTING.isdisjoint(words)
    if (command and command.verb is question) or (plain and begun and begun.meaning[0] is question):
        return Meaning.NOTHING
    return meaning_of([text], known)


def meaning_of(lines: Iterable[str], known: Assent) -> Meaning:
    """Tell what lines say together; lines with nothing in them say `NOTHING`."""
    clauses = [_of_clause(text, known) for line in lines for text in _CLAUSE.split(line)]
    said = [one for one in clauses if one.meaning is not Meaning.NOTHING]
    meanings = {one.meaning for one in said}
    if len(meanings) < 2:
        return meanings.pop() if meanings else Meaning.NOTHING
    if Meaning.YES in meanings:
        return Meaning.UNTOLD
    refused = said[0].meaning is Meaning.NO or any(one.strong for one in said)
    return Meaning.NO if refused else Meaning.UNTOLD


def _of_clause(text: str, known: Assent) -> _Clause:
    text = _SIGN.sub(lambda found: f" {_THUMBS[found[0]]} ", _KIND.sub(" ", _TONES.sub("", text)))
    words = words_of(text)[: MOST_WORDS + 1]
    unknown = len(words) > MOST_WORDS or not _is_plain(text)
    found: set[Meaning] = set()
    place = negated = 0
    while place < len(words):
        refusal, match = known.refuses.at(words, place), known.phrases.at(words, place)
        if refusal and (match is None or match.length <= refusal.length):
            negated = 2
            place += refusal.length
            continue
        if match is None:
            unknown, place = True, place + 1
            continue
        if match.meaning is Meaning.NO and match.length > 1:
            negated = max(negated, 1)
        # "I do not want to" has "subscribe" after it: that is no assent.
        if not (negated and match.meaning is Meaning.YES):
            found.add(match.meaning)
        place += match.length
    return _Clause(_together(found - {Meaning.NOTHING}, negated == 2, unknown), negated == 2)


def _is_plain(text: str) -> bool:
    """Tell whether a text holds nothing but letters, digits and signs that say nothing."""
    told = (
        one for one in text if one not in _PLAIN and unicodedata.category(one)[0] not in "LMNZC"
    )
    return not _FACE.search(text) and next(told, None) is None


def _together(found: set[Meaning], negated: bool, unknown: bool) -> Meaning:
    if negated:
        # "Yes but do not send me more than one a month" is for a person.
        return Meaning.UNTOLD if Meaning.YES in found else Meaning.NO
    if unknown or len(found) > 1:
        return Meaning.UNTOLD
    return found.pop() if found else Meaning.NOTHING
