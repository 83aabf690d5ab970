"""Reads what a mail asks of the list: what the address says, else a clear command in the text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from mailer.config import Settings
from mailer.content.language.command_words import languages, vocabularies
from mailer.content.rendering.service_mail import agreements
from mailer.domain.access.token import Purpose, Signer
from mailer.domain.inbound.kinds import Kind, Understanding
from mailer.domain.inbound.marks import subject_of
from mailer.domain.inbound.own_addresses import OwnAddress, OwnAddresses, Role
from mailer.domain.subscribers.assent import Assent, Meaning, answer_of
from mailer.domain.subscribers.command import Command, Verb, Vocabularies, of_text
from mailer.domain.subscribers.letters import assent, plain_assent
from mailer.domain.subscribers.subscribing import Reply
from mailer.domain.subscribers.substance import substance
from mailer.domain.text.wording import words_of
from mailer.message.incoming.facts import WrittenMail

_VERBS: Final = {
    Role.SUBSCRIBE: Verb.SUBSCRIBE,
    Role.LEAVE: Verb.LEAVE,
    Role.CONFIRM: Verb.CONFIRM,
    Role.CALENDAR: Verb.CALENDAR,
    Role.HELP: Verb.HELP,
}
_PUZZLING: Final = frozenset({Verb.SUBSCRIBE, Verb.LEAVE})
SHORT: Final = 15
"""Words among which one such as `unsubscribe` is what the letter is about."""
_REPLIES: Final = {
    Meaning.YES: Reply.YES,
    Meaning.NO: Reply.NO,
    Meaning.NOTHING: Reply.UNCLEAR,
    Meaning.UNTOLD: Reply.UNCLEAR,
}
_TOKENS: Final = {Verb.CONFIRM: Purpose.CONFIRM, Verb.LEAVE: Purpose.LEAVE}


@dataclass(frozen=True, slots=True)
class Wish:
    """The request in a mail."""

    verb: Verb | None
    """None: nothing that the service does by itself."""
    numbers: tuple[int, ...] = ()
    """The numbers that its token stands for; empty if it bears none, or a false one."""
    topic: str = ""
    topics: tuple[str, ...] = ()
    """The topics to be had from now on; empty if they are not all the list's."""
    chosen: str = ""
    """The language that is asked for, if one is."""
    language: str = ""
    """The language of the writer, as far as it shows; empty if unknown or not one of the list's."""
    in_words: bool = False
    """True if the text asks for it, and not the address."""
    puzzled: bool = False
    """True if it seems to be about a subscription, without clear words (case 25)."""


@cache
def _assent(agreed: frozenset[str], spoken: tuple[str, ...]) -> Mapping[Verb, Assent]:
    """Return the words that answer each question; they are read once in each process.

    Args:
        agreed: the words by which a reply may begin that agrees.
        spoken: all languages that have commands: our own subjects may be in any of them.
    """
    every = vocabularies(spoken)
    return {
        Verb.CONFIRM: assent(*agreed).to(Verb.CONFIRM, every),
        Verb.LEAVE: plain_assent(*agreed).to(Verb.LEAVE, every),
    }


class Asking:
    """Reads wishes."""

    def __init__(self, settings: Settings, addresses: OwnAddresses, signer: Signer) -> None:
        self._settings, self._addresses, self._signer = settings, addresses, signer
        self._assent = _assent(agreements(), languages())

    @property
    def _vocabularies(self) -> Vocabularies:
        return vocabularies(self._settings.languages)  # case 31

    def own(self, recipients: Iterable[str]) -> OwnAddress:
        """Tell which of our addresses a mail is to; one that says what to do goes first."""
        found = [one for one in map(self._addresses.read, recipients) if one]
        found.sort(key=lambda one: one.role not in _VERBS)
        return found[0] if found else OwnAddress(Role.LIST)

    def wish(self, own: OwnAddress, letter: WrittenMail, understood: Understanding) -> Wish:
        """Read what a person's mail asks for; the address wins over the text (case 33)."""
        said = of_text(letter.writing, self._vocabularies)
        if own.role is Role.HELP and said is None and self._says_something(letter):
            # Who asks people for help there gets what is always said, and is read, too.
            return Wish(None, language=self._first("", understood.language), puzzled=True)
        if own.role in _VERBS:
            return self._by_address(own, said, understood)
        if own.role is not Role.LIST:  # case 20
            return Wish(None)
        untold = said is not None and said.verb is Verb.CONFIRM and not self._numbers(said)
        if said is None or untold or understood.kind is not Kind.COMMAND:
            return Wish(
                None,
                language=self._first("", understood.language),
                puzzled=untold or self._puzzles(letter),
            )
        return self._by_text(said, understood)

    def is_word_over_letter(self, letter: WrittenMail) -> bool:
        """Tell whether a letter stands under a subject that alone would be a command (law 17)."""
        writing = letter.writing
        bare = replace(writing, lines=(), encloses=False, passed_on=False)
        return bool(writing.lines) and of_text(bare, self._vocabularies) is not None

    def reply(self, letter: WrittenMail, question: Verb) -> Reply:
        """Read what a reply says to a question: to confirm, or to leave (law 17)."""
        known = self._assent[question]
        return _REPLIES[answer_of(letter.writing, question, vocabularies(), known)]

    def _by_address(self, own: OwnAddress, said: Command | None, understood: Understanding) -> Wish:
        verb, numbers = _VERBS[own.role], own.numbers
        word = said.language if said else ""
        if verb is Verb.SUBSCRIBE and said and said.verb is Verb.REFUSED:  # case 10
            verb = Verb.REFUSED
        if verb is Verb.CONFIRM and not numbers and said and said.verb is verb:
            numbers = self._numbers(said)
        return Wish(
            verb,
            numbers=numbers,
            topic=own.topic,
            chosen=own.language,
            language=self._first(own.language, word, understood.language),  # case 21
        )

    def _by_text(self, said: Command, understood: Understanding) -> Wish:
        chosen = topic = ""
        topics: tuple[str, ...] = ()
        if said.verb in {Verb.SUBSCRIBE, Verb.LANGUAGE}:
            chosen = self._first(said.argument)
        elif said.verb is Verb.TOPICS:
            asked = said.argument.split()
            if asked and set(asked) <= set(self._settings.topics):
                topics = tuple(one for one in self._settings.topics if one in asked)
        return Wish(
            said.verb,
            numbers=self._numbers(said),
            topic=topic,
            topics=topics,
            in_words=True,
            chosen=chosen,
            language=self._first(chosen, said.language, understood.language),
        )

    def _numbers(self, said: Command) -> tuple[int, ...]:
        purpose = _TOKENS.get(said.verb)
        return (purpose and self._signer.verify(purpose, said.argument)) or ()

    def _first(self, *codes: str) -> str:
        known = {code.lower(): code for code in self._settings.languages}
        return next((known[code.lower()] for code in codes if code.lower() in known), "")

    def _says_something(self, letter: WrittenMail) -> bool:
        return bool(substance(letter.writing, self._vocabularies.courtesies))

    def _puzzles(self, letter: WrittenMail) -> bool:
        """Tell whether a short letter speaks of subscribing or leaving."""
        writing = letter.writing
        if writing.passed_on or subject_of(writing.subject).forward:
            return False
        words = words_of(" ".join((writing.subject, *writing.lines)))
        if sum(len(line.split()) for line in writing.lines) > SHORT:
            return False
        known = self._vocabularies.phrases
        found = (known.at(words, place) for place in range(len(words)))
        return any(
            one.meaning[0] in _PUZZLING and len(" ".join(words[place : place + one.length])) > 4
            for place, one in enumerate(found)
            if one
        )
