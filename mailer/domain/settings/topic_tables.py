"""Reads what settings say of topics: a list of ids, or a table for each.

    [topics.press]
    name = { en = "Press releases", fr = "Communiqués de presse" }
    short = "press releases"
    description = { en = "What we tell journalists.", fr = "Ce que nous disons aux journalistes." }
    default = true
    preselected = true
    visible = true
    moderated = false

All keys may be left out. A text may be a table by language, or one text for all languages.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from mailer.domain.settings import setting
from mailer.domain.settings.setting import SettingError
from mailer.domain.subscribers.subscribing import Choice, mark
from mailer.domain.subscribers.topic import EVERY, Topic, Topics
from mailer.errors import Problem

LONGEST: Final[Mapping[str, int]] = {"name": 80, "short": 80, "description": 300}
"""Characters of each text."""
FLAGS: Final = ("default", "preselected", "visible", "moderated")
KEYS: Final = (*LONGEST, *FLAGS)
MOST: Final = 50
"""Topics; each costs a bitmap of all subscribers, and a line on every form."""


def read_topics(value: Any) -> Topics:
    """Read the topics; in a variable, a table is written as JSON.

    Raises:
        SettingError: with every problem; the place is the topic, and its key.
    """
    if isinstance(value, Topics):
        return value
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = setting.from_json(value)
    if not isinstance(value, Mapping):
        value = {one: {} for one in setting.items(topic_id, least=1)(value)}
    problems = [*_of_ids(value)]
    found = [_topic(_seen(name), table, problems.append) for name, table in value.items()]
    default = _default(found, value, problems.append) if not problems else ""
    if problems:
        raise SettingError.of(problems)
    return Topics(found, default)


def topic_id(value: Any) -> str:
    """Read a topic's id: small letters, digits and hyphens."""
    name = setting.text(value)
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", name):
        raise SettingError(
            f'"{name[:60]}" cannot be the id of a topic',
            "use small letters a to z, digits and hyphens",
        )
    return name


def _of_ids(value: Mapping[Any, Any]) -> Iterator[Problem]:
    """Find what is wrong with the ids, each by itself and beside the others."""
    if not value:
        yield _wrong("", "there is no topic", "name at least one")
    if len(value) > MOST:
        yield _wrong("", f"there are over {MOST} topics", "readers cannot choose among so many")
    seen: dict[int, str] = {}
    for name in value:
        try:
            topic_id(name)
        except SettingError as error:
            yield from _at(_seen(name), error)
            continue
        # Standing addresses name a topic in 12 bits: another topic must not answer to them.
        twin = seen.setdefault(mark(Choice.ADD, name), name)
        if twin != name:
            said = f'signed addresses cannot tell "{name}" from "{twin}"'
            yield _wrong(name, said, "choose another id for one of them")


def _topic(name: str, table: Any, complain: Callable[[Problem], None]) -> Topic:
    if not isinstance(table, Mapping):
        said = f"this is {setting.kind_of(table)}, not a table"
        complain(_wrong(name, said, f'write [topics.{name}] and below it name = "…"'))
        return Topic(name)
    for key in table:
        if key not in KEYS:
            complain(_unknown(name, _seen(key)))
    texts = {
        key: _texts(f"{name}, {key}", table[key], most, complain) if key in table else {}
        for key, most in LONGEST.items()
    }
    flags = {
        key: _flag(f"{name}, {key}", table[key], complain) if key in table else key == "visible"
        for key in FLAGS
    }
    if flags["preselected"] and not flags["visible"]:
        said = "no form shows a topic that is not visible"
        complain(_wrong(f"{name}, preselected", said, "remove preselected, or visible = false"))
    if flags["moderated"] and not flags["visible"]:
        said = "nobody can ask for a topic that is not visible: only the secretariat gives it"
        complain(_wrong(f"{name}, moderated", said, "remove moderated, or visible = false"))
    return Topic(
        name,
        texts["name"],
        texts["short"],
        texts["description"],
        preselected=flags["preselected"],
        visible=flags["visible"],
        moderated=flags["moderated"],
    )


def _unknown(name: str, key: str) -> Problem:
    near = difflib.get_close_matches(key.lower(), KEYS, 1, 0.6)
    remedy = (
        f'did you mean "{near[0]}"?'
        if near
        else f"a topic has {setting.either(KEYS).replace(' or ', ' and ')}; settings that are not"
        " about topics stand above the first [topics.…]"
    )
    return _wrong(name, f'a topic has no "{key}"', remedy)


def _texts(
    place: str, value: Any, most: int, complain: Callable[[Problem], None]
) -> dict[str, str]:
    """Read one text for every language, or one for each."""
    if isinstance(value, str):
        value = {EVERY: value}
    elif not isinstance(value, Mapping):
        said = f"this is {setting.kind_of(value)}, not a text"
        complain(_wrong(place, said, 'write "…", or { en = "…", fr = "…" }'))
        return {}
    elif not value:
        complain(_wrong(place, "it is empty", "give a text, or leave it out"))
    found: dict[str, str] = {}
    for code, text in value.items():
        where = f"{place}, {_seen(code)}" if code else place
        try:
            language = code if code == EVERY else setting.language(code)
            again = language in found
            found[language] = _text(text, most)
        except SettingError as error:
            for problem in _at(where, error):
                complain(problem)
            continue
        if again:
            complain(_wrong(where, "this language is there twice", "remove one of them"))
    return found


def _text(value: Any, most: int) -> str:
    text = setting.text(value)
    if not text:
        raise SettingError("it is empty", "give a text, or leave it out")
    if len(text) > most:
        raise SettingError(f"it has {len(text)} characters", f"write at most {most}")
    return text


def _flag(place: str, value: Any, complain: Callable[[Problem], None]) -> bool:
    if not isinstance(value, bool):
        said = f"this is {setting.kind_of(value)}, not true or false"
        complain(_wrong(place, said, "write true or false, without quotes"))
    return value is True


def _default(
    found: Sequence[Topic], tables: Mapping[str, Any], complain: Callable[[Problem], None]
) -> str:
    """Find the topic that is marked as the default; empty if none is."""
    marked = [one for one in found if tables[one.id].get("default")]
    if len(marked) > 1:
        both = " and ".join(one.id for one in marked)
        complain(_wrong("", f"{both} are both the default", "leave default = true in one"))
    elif marked and not marked[0].visible:
        said = "whoever names no topic gets the default, so it must be visible"
        complain(_wrong(f"{marked[0].id}, visible", said, "make another topic the default"))
    elif not any(one.visible for one in found):
        complain(_wrong("", "no topic is visible", "leave out visible = false in one of them"))
    return marked[0].id if marked else ""


def _seen(key: object) -> str:
    """Show what should have been a name, whatever it is: problems are one line each."""
    return "".join(sign if sign.isprintable() else "?" for sign in str(key)[:60])


def _at(place: str, error: SettingError) -> Iterator[Problem]:
    for problem in error.problems:
        yield _wrong(place, problem.text, problem.remedy)


def _wrong(place: str, text: str, remedy: str) -> Problem:
    return Problem(place, text, remedy, code="setting.bad_value")
