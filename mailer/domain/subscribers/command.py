"""Reading of requests to the list in a person's mail: by address, else by a clear first word.

Nothing is guessed: `unsubscribe me now` is a command, "Could you subscribe a colleague?" is a
letter, and so is whatever says anything else beside a command, be it in the subject or in the text
(`mailer.domain.subscribers.substance`). The words of a language stand in its `commands.toml`
(`mailer.content.language.command_words`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from typing import Final

from mailer.domain.inbound.marks import subject_of
from mailer.domain.subscribers import substance
from mailer.domain.subscribers.substance import Courtesies, Writing
from mailer.domain.text.wording import Phrases, Words, phrases, words_of


class Verb(StrEnum):
    """The requests that can be made by mail."""

    SUBSCRIBE = "subscribe"
    LEAVE = "leave"
    CONFIRM = "confirm"
    LANGUAGE = "language"
    TOPICS = "topics"
    STATUS = "status"
    CALENDAR = "calendar"
    HELP = "help"
    REFUSED = "refused"
    """A command for somebody else's address: only one's own can be changed by mail (case 10)."""


@dataclass(frozen=True, slots=True)
class Command:
    """One request."""

    verb: Verb
    argument: str = ""
    """The token, the language code, or the topics (separated by blanks); or empty."""
    language: str = ""
    """The language of the word that was used, or of the address; empty if several share it."""

    def __str__(self) -> str:
        """`subscribe fr`, as reports show it."""
        return f"{self.verb} {self.argument}".strip()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one language."""

    commands: Mapping[Verb, tuple[str, ...]]
    fillers: frozenset[str] = frozenset()
    """Words that may follow a command without changing it: `me`, `now`, `please`."""
    common: frozenset[str] = frozenset()
    """Words by which a text shows its language."""
    names: frozenset[str] = frozenset()
    """The names that people use for the language."""
    leaving: frozenset[str] = frozenset()
    """Words that may follow a command to leave, besides: `your`, `emails`."""
    wishes: tuple[str, ...] = ()
    """Phrases that may stand before a command to leave: `I would like to`, `could you`."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """The meaning of the address that a mail was sent to."""

    ours: bool
    """True if it is one of the list's extensions: then the text is not asked."""
    command: Command | None = None


@dataclass(frozen=True)
class Vocabularies:
    """The words of all languages that are understood, ready to be compared with what is written."""

    by_language: Mapping[str, Vocabulary]
    courtesies: Courtesies = field(default_factory=Courtesies)
    """The words of all languages: a person who writes in one may greet in another."""
    phrases: Phrases[tuple[Verb, str]] = field(init=False)
    """Each with what it asks for, and its language; none if several share it."""
    wishes: Phrases[bool] = field(init=False)

    def __post_init__(self) -> None:
        """Bring every phrase into the form in which it is compared."""
        meanings: dict[Words, tuple[Verb, str]] = {}
        for language, words in self.by_language.items():
            for verb, spoken in words.commands.items():
                for phrase in spoken:
                    key = tuple(words_of(phrase))
                    shared = key in meanings and meanings[key][0] is verb
                    meanings[key] = (verb, "" if shared else meanings.get(key, (verb, language))[1])
        wishes = phrases(wish for words in self.by_language.values() for wish in words.wishes)
        object.__setattr__(self, "phrases", Phrases(meanings))
        object.__setattr__(self, "wishes", wishes)
        object.__setattr__(self, "courtesies", self.courtesies.answered_by(meanings))


LONGEST_LINE: Final = 200
"""Characters; a longer line is a letter."""

_EXTENSION: Final = re.compile(
    r"[a-z0-9][a-z0-9._-]*?-(subscribe|unsubscribe|leave|confirm|calendar|help|owner|rsvp|bounces|complaints|request)"
    r"(?:\+([a-z0-9._=+-]{1,128}))?@",
    re.IGNORECASE,
)
_VERBS: Final = {
    "subscribe": Verb.SUBSCRIBE, "unsubscribe": Verb.LEAVE, "leave": Verb.LEAVE,
    "confirm": Verb.CONFIRM, "calendar": Verb.CALENDAR, "help": Verb.HELP,
}  # fmt: skip
_CODE: Final = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})?")
TOKEN: Final = re.compile(r"(?:[0-9a-f]{1,16}-)+[0-9a-z]{16}|[0-9a-z]{20,64}", re.IGNORECASE)
_SENTENCE: Final = re.compile(r"[.!;。！；]+(?=\s|$)|[。！；]")
_WRAPPED: Final = 3
"""Lines over which a sentence may be wrapped."""
_POLITELY: Final = frozenset({Verb.SUBSCRIBE, Verb.LEAVE})
"""The requests that may follow a polite word. "Please confirm" is said to people."""
OBJECTING: Final = frozenset(
    {
        "not", "don't", "never", "no", "nor", "how", "why", "ne", "pas", "jamais", "comment",
        "pourquoi", "nicht", "nie", "kein", "keine", "keinen", "wie", "warum", "non", "mai", "come",
        "nao", "nunca", "como", "niet", "geen", "nooit", "hoe", "inte", "ikke",
    }
)  # fmt: skip
"""Words in a subject of the writer's own that make a command below it doubtful."""
_ENDS: Final = frozenset({"end", "quit", "exit"})
"""The words that robots of other lists expect after the last command."""


def of_address(recipients: Iterable[str]) -> Addressed:
    """Read what the list's own address among the recipients asks for."""
    for recipient in recipients:
        found = _EXTENSION.match(recipient[:320].strip("<> "))
        if found is None:
            continue
        verb, argument = _VERBS.get(found[1].lower()), found[2] or ""
        if verb is None or (verb is Verb.CONFIRM and not argument):
            return Addressed(found[1].lower() != "request")
        in_a_language = verb in {Verb.SUBSCRIBE, Verb.CALENDAR}
        language = argument.lower() if in_a_language and _CODE.fullmatch(argument.lower()) else ""
        return Addressed(True, Command(verb, language or argument, language))
    return Addressed(False)


def of_text(writing: Writing, vocabularies: Vocabularies) -> Command | None:
    """Read a command from what a person wrote; None if it is a letter.

    It is one if subject and text hold nothing of substance but the command; what others wrote is
    nobody's command. A command with a token in the subject is an answer to a mail of ours: there
    the text below it tells whether it agrees, which others judge (`subscribers.assent`).
    """
    subject = subject_of(writing.subject)
    if subject.forward or writing.passed_on or writing.encloses:
        return None
    asked = of_line(subject.text, vocabularies, writing)
    if asked and asked.argument and asked.verb in {Verb.CONFIRM, Verb.LEAVE}:
        return asked
    left = substance.said_in(writing, vocabularies.courtesies)
    first = next(left, None)
    if first is None:
        # Thanks below the subject of what is answered is no wish.
        thanked = subject.reply and bool(writing.lines)
        return None if asked and thanked and asked.verb is not Verb.LEAVE else asked
    said = _of_lines(chain([first], left), vocabularies, writing)
    if asked and not subject.reply:
        return _together(asked, said, subject.text, vocabularies, writing)
    if not said or (said[0].verb in _POLITELY and {one.verb for one in said} >= _POLITELY):
        return None
    return None if not asked and _objects(subject.text) else said[0]


def _together(
    asked: Command,
    said: list[Command] | None,
    subject: str,
    vocabularies: Vocabularies,
    writing: Writing,
) -> Command | None:
    """Read a subject that is a command, with a text below it that repeats it or goes on with it."""
    if said and {one.verb for one in said} == {asked.verb}:
        return max(asked, said[0], key=lambda one: len(one.argument))
    if said or sum(map(len, writing.lines)) > 2 * LONGEST_LINE:
        return None
    whole = " ".join((subject, *substance.substance(writing, vocabularies.courtesies)))
    return of_line(whole, vocabularies, writing)


def _objects(subject: str) -> bool:
    """Tell whether a subject asks or denies something."""
    return substance.asks(subject) or not OBJECTING.isdisjoint(words_of(subject))


def _of_lines(
    lines: Iterator[str], vocabularies: Vocabularies, writing: Writing
) -> list[Command] | None:
    """Read lines that are commands as a whole; None if they say anything else too."""
    found: list[Command] = []
    for line in lines:
        text, wrapped = line, 1
        while (said := _of_sentences(text, vocabularies, writing)) is None:
            more = next(lines, None) if wrapped < _WRAPPED else None
            if more is None:
                return None
            text, wrapped = f"{text} {more}", wrapped + 1
        found += said
    return found


def _of_sentences(text: str, vocabularies: Vocabularies, writing: Writing) -> list[Command] | None:
    whole = of_line(text, vocabularies, writing)
    if whole:
        return [whole]
    found: list[Command] = []
    for sentence in _SENTENCE.split(text[: LONGEST_LINE + 1]):
        words = words_of(sentence)
        if _ENDS.issuperset(words) or (
            not substance.asks(sentence)
            and substance.is_courtesy(words, vocabularies.courtesies, writing.names)
        ):
            continue
        said = of_line(sentence, vocabularies, writing)
        if said is None:
            return None
        found.append(said)
    return found if len(text) <= LONGEST_LINE else None


def of_line(
    line: str, vocabularies: Vocabularies, writing: Writing | None = None
) -> Command | None:
    """Read a line that is a command as a whole; None if it says anything else too.

    Args:
        line: any text.
        vocabularies: the words that are understood.
        writing: where it stands: its author's own address and name, and the list's, may be named.
    """
    writing = writing or Writing()
    if len(line) > LONGEST_LINE:
        return None
    own = {substance.key(writing.author), *writing.lists}
    others = [one for one in substance.named(line) if substance.key(one) not in own]
    text = substance.unnamed(line)
    words = words_of(text)
    start, wished = _opened(words, vocabularies)
    known = vocabularies.phrases.at(words, start)
    asks = substance.asks(line)
    if known is None or not _may_be_asked(
        known.meaning[0], politely=bool(start), wished=wished, asks=asks
    ):
        return None
    verb, language = known.meaning
    if verb in {Verb.CONFIRM, Verb.LEAVE} and (found := TOKEN.search(text)):
        return Command(verb, found[0], language)
    end = start + known.length
    rest = words[end:]
    if verb is Verb.TOPICS and len(rest) <= 8:
        return Command(verb, " ".join(rest), language)
    said = _left(words[start:end], rest, known.meaning, vocabularies, writing)
    if (others or "@" in text) and verb in _POLITELY:
        return None if len(said) > 1 else Command(Verb.REFUSED, str(verb), language)
    return _completed(verb, language, said, vocabularies)


def _may_be_asked(verb: Verb, *, politely: bool, wished: bool, asks: bool) -> bool:
    """Tell whether a command can be put so: "Please confirm" and "Subscribe?" are for people."""
    if wished:
        return verb is Verb.LEAVE
    return not asks and (verb in _POLITELY or not politely)


def _opened(words: Sequence[str], vocabularies: Vocabularies) -> tuple[int, bool]:
    """Return where a command begins after polite words, and whether it is put as a wish."""
    place, wished = 0, False
    while True:
        polite = vocabularies.courtesies.polite.at(words, place)
        wish = vocabularies.wishes.at(words, place)
        longest = max(polite.length if polite else 0, wish.length if wish else 0)
        command = vocabularies.phrases.at(words, place)
        if not longest or (command and command.length >= longest):
            return place, wished
        wished = wished or bool(wish and wish.length == longest)
        place += longest


def _left(
    phrase: list[str],
    rest: list[str],
    meaning: tuple[Verb, str],
    vocabularies: Vocabularies,
    writing: Writing,
) -> list[str]:
    """Return the words after a command's phrase that say something more."""
    verb, language = meaning
    # `de` may be a language that is not known: after `subscribe` it is no French filler.
    spoken = [language] if verb in {Verb.SUBSCRIBE, Verb.LANGUAGE} and language else None
    known = vocabularies.by_language
    fillers = {one for code in spoken or known for one in known[code].fillers}
    if verb is Verb.LEAVE:
        fillers |= {one for code in known for one in known[code].leaving}
    if verb in _POLITELY:
        fillers |= writing.names | writing.lists
    left: list[str] = []
    place = 0
    while place < len(rest):
        polite = vocabularies.courtesies.polite.at(rest, place)
        if rest[place : place + len(phrase)] == phrase:  # said again, and louder
            place += len(phrase)
        elif polite:
            place += polite.length
        else:
            left += [] if rest[place] in fillers else [rest[place]]
            place += 1
    return left


def _completed(
    verb: Verb, language: str, said: list[str], vocabularies: Vocabularies
) -> Command | None:
    """Read the argument from the words that are left; None if they make it a letter."""
    if verb in {Verb.SUBSCRIBE, Verb.LANGUAGE} and len(said) == 1:
        chosen = _language(said[0], vocabularies)
        return Command(verb, chosen, language) if chosen else None
    return None if said or (verb is Verb.LANGUAGE) else Command(verb, "", language)


def _language(word: str, vocabularies: Vocabularies) -> str:
    for code, words in vocabularies.by_language.items():
        if word == code or word in words.names:
            return code
    return ""


def language_of(declared: str, text: str, vocabularies: Vocabularies) -> str:
    """Tell a writer's language by what the header declares, else by the words; or nothing.

    Args:
        declared: Content-Language or Accept-Language (RFC 3282): the first known one counts.
        text: what the person wrote.
        vocabularies: of the languages that may be told.
    """
    known = vocabularies.by_language
    for tag in re.findall(r"[A-Za-z]{2,8}", declared[:200]):
        if tag.lower() in known:
            return str(tag.lower())
    words = words_of(text[:2000])
    counts = {code: sum(map(one.common.__contains__, words)) for code, one in known.items()}
    ranked = sorted(counts.items(), key=lambda pair: -pair[1])
    if not ranked or ranked[0][1] < 3:
        return ""
    clear = len(ranked) == 1 or ranked[0][1] > 1.5 * ranked[1][1]
    return ranked[0][0] if clear else ""
