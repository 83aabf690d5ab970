"""Reads what a mail asks of the list: what the address says, else a clear command in the text."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Final

from mailer.config import Settings
from mailer.content.command_words import vocabularies
from mailer.content.service_mail import agreements
from mailer.domain.addresses import OwnAddress, OwnAddresses, Role
from mailer.domain.command import Command, Verb, Vocabularies, normalised, of_line, of_text
from mailer.domain.inbound import Kind, Understanding
from mailer.domain.subscribing import Reply, reply_of
from mailer.domain.token import Purpose, Signer
from mailer.message.letter import Letter

_VERBS: Final = {
    Role.SUBSCRIBE: Verb.SUBSCRIBE,
    Role.LEAVE: Verb.LEAVE,
    Role.CONFIRM: Verb.CONFIRM,
    Role.CALENDAR: Verb.CALENDAR,
    Role.HELP: Verb.HELP,
}
_PUZZLING: Final = frozenset({Verb.SUBSCRIBE, Verb.LEAVE})
_AGREEING: Final = frozenset({Verb.SUBSCRIBE, Verb.CONFIRM})
BRIEF: Final = 5
"""Words that say too little to be a machine's."""
SHORT: Final = 25
"""Words among which one such as `confirm` tells that a person agrees."""
_TOKENS: Final = {Verb.CONFIRM: Purpose.CONFIRM, Verb.LEAVE: Purpose.LEAVE}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a mail asks for."""

    verb: Verb | None
    """None: nothing that the service does by itself."""
    numbers: tuple[int, ...] = ()
    """What its token stands for; empty if it bears none, or a false one."""
    topic: str = ""
    topics: tuple[str, ...] = ()
    """Those that are to be had from now on; empty if they are not all the list's."""
    chosen: str = ""
    """The language that is asked for, if one is."""
    language: str = ""
    """Of the writer, as far as it shows; empty if it does not, or is not one of the list's."""
    puzzled: bool = False
    """True if it seems to be about a subscription, without clear words (case 25)."""


class Asking:
    """Reads wishes."""

    def __init__(self, settings: Settings, addresses: OwnAddresses, signer: Signer) -> None:
        """Take the settings, what knows our own addresses, and what knows true tokens."""
        self._settings, self._addresses, self._signer = settings, addresses, signer
        self._agreements = frozenset(map(normalised, agreements()))

    @property
    def _vocabularies(self) -> Vocabularies:
        return vocabularies(self._settings.languages)  # case 31

    def own(self, recipients: Iterable[str]) -> OwnAddress:
        """Tell which of our addresses a mail is to; one that says what to do goes first."""
        found = [one for one in map(self._addresses.read, recipients) if one]
        found.sort(key=lambda one: one.role not in _VERBS)
        return found[0] if found else OwnAddress(Role.LIST)

    def wish(self, own: OwnAddress, letter: Letter, understood: Understanding) -> Wish:
        """Read what a person's mail asks for; the address wins over the text (case 33)."""
        said = of_text(letter.subject, letter.first_line, self._vocabularies)
        if own.role in _VERBS:
            return self._by_address(own, said, understood)
        if own.role is not Role.LIST:  # case 20
            return Wish(None)
        if said is None or understood.kind is not Kind.COMMAND:
            return Wish(
                None, language=self._first("", understood.language), puzzled=self._puzzles(letter)
            )
        return self._by_text(said, understood)

    def reply(self, letter: Letter) -> Reply:
        """Read what a reply to a confirmation says."""
        line = letter.first_line
        said = of_line(line, self._vocabularies)
        beginning = normalised(line).replace(",", " ").replace(".", " ").replace("!", " ")
        agrees = any(f"{beginning} ".startswith(f"{word} ") for word in self._agreements)
        return reply_of(
            said.verb if said else None,
            agrees=agrees or (letter.words <= SHORT and self._speaks_of(letter, _AGREEING)),
            silent=letter.words <= BRIEF,
            bare=letter.bare,
        )

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
            chosen=chosen,
            language=self._first(chosen, said.language, understood.language),
        )

    def _numbers(self, said: Command) -> tuple[int, ...]:
        purpose = _TOKENS.get(said.verb)
        return (purpose and self._signer.verify(purpose, said.argument)) or ()

    def _first(self, *codes: str) -> str:
        known = {code.lower(): code for code in self._settings.languages}
        return next((known[code.lower()] for code in codes if code.lower() in known), "")

    def _puzzles(self, letter: Letter) -> bool:
        """Tell whether a short letter speaks of subscribing or leaving."""
        return len(letter.lines) <= 3 and self._speaks_of(letter, _PUZZLING, letter.subject)

    def _speaks_of(self, letter: Letter, verbs: Container[Verb], subject: str = "") -> bool:
        text = normalised(f"{subject} {' '.join(letter.lines)}")[:400]
        words = f" {' '.join(text.replace(',', ' ').replace('.', ' ').split())} "
        return any(
            f" {' '.join(phrase)} " in words
            for phrase, (verb, _) in self._vocabularies.phrases.items()
            if verb in verbs and len(" ".join(phrase)) > 4
        )
