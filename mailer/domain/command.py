"""What a person's mail asks the list to do: told by the address, else by a clear first word.

Nothing is guessed: `unsubscribe me now` is a command, "Could you subscribe a colleague?" is a
letter. The words of a language stand in its `commands.toml` (`mailer.content.command_words`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Verb(StrEnum):
    """What can be asked for by mail."""

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
    """Of the word that was used, or of the address; empty if several share it."""

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
    """What the language is called by those who ask for it."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """What the address that a mail was sent to says."""

    ours: bool
    """True if it is one of the list's extensions: then the text is not asked."""
    command: Command | None = None


@dataclass(frozen=True)
class Vocabularies:
    """The words of all languages that are understood, ready to be compared with what is written."""

    by_language: Mapping[str, Vocabulary]
    phrases: Mapping[tuple[str, ...], tuple[Verb, str]] = field(init=False)

    def __post_init__(self) -> None:
        """Bring every phrase into the form in which it is compared."""
        phrases: dict[tuple[str, ...], tuple[Verb, str]] = {}
        for language, words in self.by_language.items():
            for verb, spoken in words.commands.items():
                for phrase in spoken:
                    key = tuple(_words(phrase))
                    shared = key in phrases and phrases[key][0] is verb
                    phrases[key] = (verb, "" if shared else phrases.get(key, (verb, language))[1])
        object.__setattr__(self, "phrases", phrases)


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
_TOKEN: Final = re.compile(r"(?:[0-9a-f]{1,16}-)+[0-9a-z]{16}|[0-9a-z]{20,64}", re.IGNORECASE)
_MARKS: Final = re.compile(
    r"^\s*(?:(?:re|aw|sv|vs|antw|odp|rv|res|ref|tr|fw|fwd|wg|ynt|回复|答复|返信|回覆|轉寄|转发)"
    r"\s?(?:\[\d+\])?\s?[:：]\s*)+",
    re.IGNORECASE,
)
_LONGEST_PHRASE: Final = 5


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


def of_text(subject: str, first_line: str, vocabularies: Vocabularies) -> Command | None:
    """Read a command from the subject, else from the first line that the person wrote."""
    return of_line(_MARKS.sub("", subject), vocabularies) or of_line(first_line, vocabularies)


def of_line(line: str, vocabularies: Vocabularies) -> Command | None:
    """Read a line that is a command as a whole; None if it says anything else too."""
    if len(line) > LONGEST_LINE:
        return None
    words = _words(line)
    for length in range(min(_LONGEST_PHRASE, len(words)), 0, -1):
        known = vocabularies.phrases.get(tuple(words[:length]))
        if known:
            return _completed(*known, words[length:], line, vocabularies)
    return None


def _completed(
    verb: Verb, language: str, rest: list[str], line: str, vocabularies: Vocabularies
) -> Command | None:
    """Take the argument from the words that follow; None if they make it a letter."""
    if "@" in line and verb in {Verb.SUBSCRIBE, Verb.LEAVE}:
        return Command(Verb.REFUSED, str(verb), language)
    # `de` may be a language that is not known: after `subscribe` it is no French filler.
    spoken = [language] if verb in {Verb.SUBSCRIBE, Verb.LANGUAGE} and language else None
    known = vocabularies.by_language
    fillers = {one for code in spoken or known for one in known[code].fillers}
    said = [word for word in rest if word not in fillers]
    if verb in {Verb.CONFIRM, Verb.LEAVE} and (found := _TOKEN.search(line)):
        return Command(verb, found[0], language)
    if verb in {Verb.SUBSCRIBE, Verb.LANGUAGE} and len(said) == 1:
        chosen = _language(said[0], vocabularies)
        return Command(verb, chosen, language) if chosen else None
    if verb is Verb.TOPICS and len(rest) <= 8:
        return Command(verb, " ".join(rest), language)
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
    words = _words(text[:2000])
    counts = {code: sum(word in one.common for word in words) for code, one in known.items()}
    ranked = sorted(counts.items(), key=lambda pair: -pair[1])
    if not ranked or ranked[0][1] < 3:
        return ""
    clear = len(ranked) == 1 or ranked[0][1] > 1.5 * ranked[1][1]
    return ranked[0][0] if clear else ""


def normalised(text: str) -> str:
    """Return a text without case, accents and typographic apostrophes, to be compared."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFD", text.replace("’", "'").casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:[-'][^\W_]+)*", normalised(text))
