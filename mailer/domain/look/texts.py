"""The words of service mails that an institution puts in place of ours: what they must keep.

A text may name in braces only what its mail fills in; whatever makes a mail work stays in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailer.domain.look.characters import hidden, on_one_line
from mailer.domain.look.look import Text
from mailer.errors import Problem

LONGEST_LINE: Final = 200
"""Characters of a subject, a heading, a button, or another text of one line."""
LONGEST: Final = 2000
"""Characters of a paragraph."""
MOST_PARAGRAPHS: Final = 12
PARAGRAPHS: Final = "text"
"""The key whose value is paragraphs."""
AGREEMENT: Final = "agree"
"""The key of the sentence that a reader agrees to: it keeps all that it names."""
LINES: Final = frozenset({"subject", "heading", "button"})
NEEDED: Final = "token"
"""A reply is understood by it."""
COMMANDS: Final = frozenset({"confirm.subject", "leave.subject"})
"""Subjects that a reply repeats: their first word is the command."""
SHARED: Final = "words"
"""The table of what all mails share."""
FIXED: Final = frozenset({"yes", "approve", "pair", "confirm", "leave", "subscribe"})
"""Words of that table that the service itself must understand in a reply, and a mere joint."""
MAILS_LEFT_OUT: Final = frozenset(
    {
        *("reasons", "limits", "reports", "facts"),
        *("no_consent", "ended", "alert_headlines", "alert_texts"),
    }
)
"""Tables of parts of sentences that are put into others."""

_NAME: Final = re.compile(r"\{([a-z_]*)\}")


def placeholders(text: Text) -> tuple[str, ...]:
    """Return the names in braces, each once, in their order."""
    whole = text if isinstance(text, str) else "\n".join(text)
    return tuple(dict.fromkeys(_NAME.findall(whole)))


def editable(tables: Mapping[str, Mapping[str, object]]) -> dict[str, Text]:
    """Return the texts that may be replaced, by key `mail.part`, as they are in our words.

    Args:
        tables: `service.toml` of a language.
    """
    return {
        f"{table}.{name}": tuple(map(str, text)) if isinstance(text, list) else str(text)
        for table, texts in tables.items()
        if table not in MAILS_LEFT_OUT
        for name, text in texts.items()
        if table != SHARED or name not in FIXED
    }


def checked(
    key: str, value: object, ours: Mapping[str, Text], complain: Callable[[Problem], None]
) -> Text:
    """Check a text that is to replace one of ours.

    Args:
        key: such as `confirm.subject`.
        value: a line; for `text` a list of paragraphs, or one text in which empty lines part them.
        ours: all our texts of that language, by key.
        complain: is told each problem; its place is the key.
    """
    if key not in ours:
        complain(Problem(key, "there is no such text", "see the list of texts", code="look.key"))
        return ""
    original = ours[key]
    text = _read(key, value, isinstance(original, tuple), complain)
    if not text:
        return text
    for problem in _placeholder_problems(key, text, ours):
        complain(problem)
    if key in COMMANDS and _first_word(text) != _first_word(original):
        word = str(original).split()[0]
        said = f'a reply is understood by its first word, "{word}"'
        complain(
            Problem(key, said, "begin with that word", code="look.command", facts={"word": word})
        )
    return text


def _placeholder_problems(key: str, text: Text, ours: Mapping[str, Text]) -> Iterator[Problem]:
    table, _, name = key.partition(".")
    mail = {one: said for one, said in ours.items() if one.partition(".")[0] == table}
    own = placeholders(ours[key])
    known = (
        own if table == SHARED else {part for said in mail.values() for part in placeholders(said)}
    )
    wanted = set(own) if name == AGREEMENT or table == SHARED else {NEEDED} & {*own}
    whole = text if isinstance(text, str) else "\n".join(text)
    for one in placeholders(text):
        if one not in known:
            shown = ", ".join(f"{{{part}}}" for part in sorted(known)) or "none"
            said = f"nothing is filled in for {{{one}}}"
            facts = {"name": one, "known": tuple(sorted(known))}
            yield Problem(key, said, f"known here: {shown}", code="look.placeholder", facts=facts)
    for one in sorted(wanted - {*placeholders(text)}):
        said = f"{{{one}}} is missing"
        yield Problem(key, said, "put it back", code="look.missing", facts={"name": one})
    rest = _NAME.sub("", whole)
    if "{" in rest or "}" in rest:
        said = "a brace stands alone"
        yield Problem(key, said, "write names as {list}", code="look.brace")


def _read(key: str, value: object, paragraphs: bool, complain: Callable[[Problem], None]) -> Text:
    if paragraphs and isinstance(value, str):
        value = re.split(r"\n[ \t]*\n", value.replace("\r\n", "\n"))
    if paragraphs and isinstance(value, list | tuple):
        parts = [_line(key, one, LONGEST, complain) for one in value]
        found = tuple(one for one in parts if one)
        if len(found) > MOST_PARAGRAPHS:
            said = f"it has {len(found)} paragraphs"
            complain(Problem(key, said, f"write at most {MOST_PARAGRAPHS}", code="look.too_long"))
        if not found:
            complain(_empty(key))
        return found
    longest = LONGEST_LINE if key.rpartition(".")[2] in LINES else LONGEST
    line = _line(key, value, longest, complain)
    if not line:
        complain(_empty(key))
    return line


def _empty(key: str) -> Problem:
    return Problem(key, "it is empty", "write a text, or take ours back", code="look.empty")


def _line(key: str, value: object, longest: int, complain: Callable[[Problem], None]) -> str:
    if not isinstance(value, str):
        complain(Problem(key, "this is not a text", "write a text", code="look.no_text"))
        return ""
    text = on_one_line(value)
    if hidden(text):
        said = "it holds a control character, or one that cannot be seen"
        complain(Problem(key, said, "remove it", code="look.control"))
        return ""
    if len(text) > longest:
        said, facts = f"it has {len(text)} characters", {"length": len(text), "most": longest}
        complain(Problem(key, said, f"write at most {longest}", code="look.too_long", facts=facts))
    return text


def _first_word(text: Text) -> str:
    words = str(text).casefold().split()
    return words[0].strip(":") if words else ""
