"""The substance of a letter: the text without greeting, courtesy, closing and name.

    Dear Ms Duval,                     greeting
    please unsubscribe me. Thank you!  substance; courtesy within it is left to who reads it
    Best regards,                      closing: from here on a signature, if nothing is said in it
    Ana Reader
    Ministry of Trade

Whoever wants to know whether a letter is a command, or assent, asks whether all that is left is. In
doubt a line is of substance: then a person reads the letter, which does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from mailer.domain.text.wording import Phrases, Words, normalised, phrases, words_of

_MOST_SIGNED: Final = 12
"""Lines of a signature."""
_LONGEST_SIGNED: Final = 14
"""Words of a line of it."""
_LONGEST_NAME: Final = 5
"""Words of a name, or of whom a greeting is for."""
_LONGEST_CLOSED: Final = 300
"""Characters of a line whose last sentences may be courtesy."""
_GREETED: Final = re.compile(
    r"[^,!.:;،，、。！]{1,80}[,!.:;،，、。！]+\s*|[^,!.:;،，、。！]{1,80}$"
)
_ADDRESSES: Final = re.compile(r"<?(?:mailto:)?[^\s<>@,;:()\"]{1,64}@[^\s<>@,;:()\"]{1,255}>?")
_SEVERAL: Final = re.compile(r"[,;&+]|\s(?:and|et|und|y|e|en)\s", re.IGNORECASE)
_PERSON: Final = re.compile(r"[^\W\d_a-z][\w'’-]+(?: [^\W\d_a-z][\w'’.-]*){1,2}")
_SENTENCES: Final = re.compile(r"(?<=[.!;])\s+|(?<=[。！])\s*")
_ASKS: Final = re.compile(r"[?？؟]")


@dataclass(frozen=True)
class Courtesies:
    """Words that say nothing by themselves, of all languages that are known."""

    greetings: Phrases[bool] = field(default_factory=lambda: phrases(()))
    polite: Phrases[bool] = field(default_factory=lambda: phrases(()))
    closings: Phrases[bool] = field(default_factory=lambda: phrases(()))
    speaking: frozenset[str] = frozenset()
    """Words that say something: no line with one of them is a name or a signature."""
    answers: Phrases[bool] = field(default_factory=lambda: phrases(()))
    """Phrases that are an answer or a wish: no name or signature begins with one."""

    def answered_by(self, wishes: Iterable[Words]) -> Courtesies:
        """Return these with more phrases that are a wish."""
        return replace(self, answers=self.answers.and_also(wishes))

    def says(self, words: Sequence[str], names: frozenset[str] = frozenset()) -> bool:
        """Tell whether words say something, or may: a name does not, whatever it is like."""
        return self.answers.at(words, 0) is not None or not (self.speaking - names).isdisjoint(
            words
        )


@dataclass(frozen=True, slots=True)
class Writing:
    """The text that a person wrote, and the facts known about its author."""

    subject: str = ""
    lines: tuple[str, ...] = ()
    """The text's lines without empty ones, quotation, signature marks and gateways' banners."""
    author: str = ""
    """The author's address, as written."""
    names: frozenset[str] = frozenset()
    """Words of the author's name and address, as they are compared."""
    lists: frozenset[str] = frozenset()
    """The list's own addresses and their local parts, in lower case."""
    passed_on: bool = False
    """True if it holds a message that somebody else wrote."""
    encloses: bool = False
    """True if a document is attached, or some of the text cannot be read."""


def substance(writing: Writing, courtesies: Courtesies) -> tuple[str, ...]:
    """Return the lines of a letter that say something; none: it is empty, or mere courtesy."""
    return tuple(said_in(writing, courtesies))


def said_in(writing: Writing, courtesies: Courtesies) -> Iterator[str]:
    """Yield the lines of a letter that say something, one by one, as they are needed."""
    lines = writing.lines
    for number, line in enumerate(lines):
        said = _ungreeted(line, courtesies)
        words = words_of(said)
        if not words and not _tells_without_words(said):
            continue
        rest = lines[number + 1 :]
        if words and is_courtesy(words, courtesies, writing.names) and not _ASKS.search(said):
            if _is_signature(rest, writing.names, courtesies):
                return
            continue
        if _is_name(said, writing.names, courtesies) and (
            not _are_people(rest) and _is_signature(rest, writing.names, courtesies)
        ):
            return
        yield _unclosed(said, courtesies, writing.names)


def named(line: str) -> list[str]:
    """Return the addresses that a line names, without brackets."""
    return [found.strip("<>").removeprefix("mailto:") for found in _ADDRESSES.findall(line)]


def unnamed(line: str) -> str:
    """Return a line without the addresses that it names."""
    return _ADDRESSES.sub(" ", line)


def asks(line: str) -> bool:
    """Tell whether a line has a question mark, of any script."""
    return bool(_ASKS.search(line))


def _tells_without_words(text: str) -> bool:
    """Tell whether a text without words says something: `?`, a thumb, a sad face."""
    return bool(text.strip(" \t.,;:-_*~=#|'\"•·–—…!")) or text.strip() in {"!", "!!", "!!!"}


def _ungreeted(line: str, courtesies: Courtesies) -> str:
    """Return a line without the greetings at its beginning."""
    for _ in range(3):
        found = _GREETED.match(line)
        if found is None:
            return line
        words = words_of(found[0])
        greeting = courtesies.greetings.at(words, 0)
        if greeting is None or _ASKS.search(found[0]):
            return line
        whom = words[greeting.length :]
        if len(whom) > _LONGEST_NAME or courtesies.says(whom):
            return line
        line = line[found.end() :]
    return line


def _unclosed(line: str, courtesies: Courtesies, names: frozenset[str]) -> str:
    """Return a line without the sentences at its end that are mere courtesy."""
    sentences = _SENTENCES.split(line) if len(line) < _LONGEST_CLOSED else [line]
    while len(sentences) > 1 and is_courtesy(words_of(sentences[-1]), courtesies, names):
        if _ASKS.search(sentences[-1]):
            break
        sentences.pop()
    return " ".join(sentences)


def is_courtesy(
    words: Sequence[str], courtesies: Courtesies, names: frozenset[str] = frozenset()
) -> bool:
    """Tell whether words are mere courtesy: `Thanks`, `Best regards, Ana`, `Thank you, Ana`."""
    place = 0
    closing = False
    while place < len(words):
        found = courtesies.closings.at(words, place)
        closing = closing or found is not None
        found = found or courtesies.polite.at(words, place)
        if found is None:
            break
        place += found.length
    name = words[place:]
    if not name:
        return True
    known = bool(place) and names.issuperset(name)
    return (closing or known) and len(name) <= _LONGEST_NAME and not courtesies.says(name, names)


def _is_signature(lines: tuple[str, ...], names: frozenset[str], courtesies: Courtesies) -> bool:
    """Tell whether lines are a name, a post, an address: nothing that is said to anybody."""
    return len(lines) <= _MOST_SIGNED and all(_is_signed(line, names, courtesies) for line in lines)


def _is_signed(line: str, names: frozenset[str], courtesies: Courtesies) -> bool:
    words = words_of(line)
    if is_courtesy(words, courtesies, names):
        return True
    if len(words) > _LONGEST_SIGNED or _ASKS.search(line):
        return False
    return not courtesies.says(words, names)


def _is_name(line: str, names: frozenset[str], courtesies: Courtesies) -> bool:
    """Tell whether a line is the author's name: at least half of it is known to be."""
    words = words_of(line)
    if not words or len(words) > _LONGEST_NAME or courtesies.says(words, names):
        return False
    return not _SEVERAL.search(line) and 2 * len(names.intersection(words)) >= len(words)


def _are_people(lines: tuple[str, ...]) -> bool:
    """Tell whether lines look like names of more people: below a wish they are whom it is for."""
    return bool(lines) and all(_PERSON.fullmatch(line.strip()) for line in lines)


def names_of(*texts: str) -> frozenset[str]:
    """Return the words that may be a person's name in a display name or an address."""
    return frozenset(
        word
        for text in texts
        for word in words_of(re.sub(r"[\d._+-]+", " ", text))
        if len(word) > 1
    )


def key(address: str) -> str:
    """Return an address as it is compared with the author's."""
    return normalised(address.strip("<> .,;"))
