"""Reads what files and forms say of a reader: language, topics, tags, name, attributes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from mailer.config import Settings
from mailer.domain.subscribers.subscriber import MOST_TAGS, Status, parse_name, parse_tag
from mailer.errors import InputError
from mailer.services.subscriber_files.columns import NONE
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers.rows import Refusal, Value

MOST_TAGS_IN_ALL: Final = 500
"""Each tag costs a bitmap; a column of something else, taken for tags, must not fill the store."""

LEFT_ALONE: Final = {
    Status.UNSUBSCRIBED.value: "unsubscribed on {date}; only the reader can come back",
    Status.SUSPENDED.value: "suspended on {date}, for mail came back; the reader must subscribe"
    " again",
    Status.COMPLAINED.value: "complained on {date}; must not be mailed again",
    "suppressed": "suppressed since {date}; must not be mailed again",
}

LONGEST_CONSENT: Final = 200
"""Characters of what is said about where readers' consent comes from."""


class Reading:
    """Reads cells by what the settings know; remembers what it read, for cells repeat."""

    def __init__(self, settings: Settings, tags: frozenset[str] = frozenset()) -> None:
        """Read cells by the settings; `tags` are those that exist already."""
        self._languages = {code.casefold(): code for code in settings.languages}
        self._topics = settings.topics
        self._tags = set(tags)
        self.language = lru_cache(1024)(self._language)
        self.topics = lru_cache(1024)(self._words_of_topics)
        self.tags = lru_cache(1024)(self._words_of_tags)
        self._declared = settings.attributes
        self._value = lru_cache(4096)(self._value_of)

    def name(self, cell: str) -> str:
        """Read a name. A hyphen alone: there is none."""
        try:
            return cell if cell == NONE else parse_name(cell)
        except ValueError as error:
            raise InputError.of("name", str(error), code="bad_name") from None

    def attributes(self, said: Iterable[tuple[str, str]]) -> tuple[Value, ...]:
        """Read values of attributes, each once; what is empty is not said. A hyphen: there is none.

        Raises:
            InputError: a value cannot be, or there is no such attribute.
        """
        return tuple(self._value(name, cell) for name, cell in said if cell)

    def _value_of(self, name: str, cell: str) -> Value:
        attribute = self._declared.get(name)
        if attribute is None:
            known = ", ".join(self._declared) or "none is declared in the settings"
            said = f'there is no attribute "{name[:60]}"'
            raise InputError.of("attributes", said, known, code="unknown_attribute")
        if cell == NONE:
            return Value(name, NONE, ())
        try:
            value = attribute.read(cell)
        except ValueError as error:
            said, _, remedy = str(error).partition("; ")
            raise InputError.of("attributes", said, remedy, code="bad_attribute") from None
        return Value(name, value or NONE, attribute.marks(value) if value else ())

    def _language(self, cell: str) -> str:
        """Read a language's code; empty stays empty.

        Raises:
            InputError: it is not one of ours.
        """
        if not cell:
            return ""
        code = self._languages.get(cell.strip().replace("_", "-").casefold())
        if code is None:
            known = ", ".join(self._languages.values())
            said = f'the language "{cell[:60]}" is not one of {known}'
            facts = {"language": cell[:60], "known": tuple(self._languages.values())}
            raise InputError.of("language", said, code="unknown_language", facts=facts)
        return code

    def _words_of_topics(self, cell: str) -> str:
        """Read topics; returns them in order, parted by spaces."""
        found = {word.lower() for word in _split(cell)}
        if unknown := sorted(found.difference(self._topics)):
            known = ", ".join(self._topics)
            said = f'the topic "{unknown[0][:60]}" is not one of {known}'
            facts = {"topic": unknown[0][:60], "known": tuple(self._topics)}
            raise InputError.of("topics", said, code="unknown_topic", facts=facts)
        return " ".join(sorted(found))

    def _words_of_tags(self, cell: str) -> str:
        """Read tags; returns them in order, parted by spaces. A hyphen alone: there are none."""
        if cell == NONE:
            return cell
        try:
            found = {parse_tag(word) for word in _split(cell)}
        except ValueError as error:
            raise InputError.of("tags", str(error), code="bad_tag") from None
        if len(found) > MOST_TAGS:
            said = f"there are over {MOST_TAGS} tags; a subscriber needs few"
            raise InputError.of("tags", said, code="too_many_tags")
        if len(self._tags | found) > MOST_TAGS_IN_ALL:
            said = (
                f"with these tags there would be over {MOST_TAGS_IN_ALL} in all;"
                " is the column really one of tags?"
            )
            raise InputError.of("tags", said, code="too_many_tags")
        self._tags |= found
        return " ".join(sorted(found))


def check_consent(text: str) -> None:
    """Check what is said about where readers' consent comes from.

    Raises:
        InputError: it is too long, holds what cannot be seen, or an address.
    """
    if len(text) > LONGEST_CONSENT or not text.isprintable():
        said = f"is longer than {LONGEST_CONSENT} characters, or more than one line"
        raise InputError.of("consent", said, "say it shortly", code="bad_consent")
    if "@" in text:
        said = "holds an address, which no erasure could take out again"
        raise InputError.of("consent", said, "name no person", code="bad_consent")


def left_alone(refusal: Refusal) -> str:
    """Tell in words why law 7 keeps a subscriber from being put on the list."""
    return LEFT_ALONE[refusal.why].format(date=refusal.since.date().isoformat())


def known_tags(store: Store) -> frozenset[str]:
    """Return the tags that subscribers carry."""
    return frozenset(subscribers.tags(store))


def _split(cell: str) -> list[str]:
    return [word for word in re.split(r"[\s,;|]+", cell) if word]
