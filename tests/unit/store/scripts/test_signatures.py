"""Headers of scripts are true, and every call of them in Python fits."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest

import mailer
from mailer.store import scripts
from mailer.store.fields import FIELDS
from mailer.store.scripts import bind, signature, source

PLACE = Path(scripts.__file__).parent
STORE = PLACE.parent
MODULES = sorted(file for file in STORE.rglob("*.py") if "server" not in file.parts)
"""The modules that read and write; the others find and run the server."""
TEXTS = {file.stem: file.read_text(encoding="utf-8") for file in sorted(PLACE.glob("*.lua"))}
PIECES = sorted(name for name, text in TEXTS.items() if "\n-- defines: " in text)
SCRIPTS = sorted(set(TEXTS) - set(PIECES))
RESERVED = frozenset(
    {"end", "for", "function", "in", "local", "not", "or", "and", "repeat", "until"}
)
MOST_NAMES = 100
"""Lua allows a script 200 locals; half of them are left to its body."""


def code(name: str) -> str:
    """Return a script's own text without comments and without what stands in quotes."""
    return re.sub(r"--[^\n]*|'(?:\\.|[^'\\\n])*'", "''", TEXTS[name])


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_says_what_it_is_for_and_what_it_answers(name: str) -> None:
    """A caller of a script must not have to read it."""
    assert re.match(r"-- [A-Z][^\n]+", TEXTS[name])
    assert len(re.findall(r"^-- answers: \S", TEXTS[name], re.MULTILINE)) == 1
    for label in ("keys", "args"):
        assert len(re.findall(rf"^-- {label}:", TEXTS[name], re.MULTILINE)) <= 1


@pytest.mark.parametrize("name", PIECES)
def test_a_piece_defines_what_it_says_and_takes_nothing_itself(name: str) -> None:
    """Scripts that include it rely on these names, and have the keys and arguments."""
    found = re.search(r"^-- defines: (.+)$", TEXTS[name], re.MULTILINE)
    assert found
    for defined in found[1].split(", "):
        assert f"local function {defined}(" in TEXTS[name]
    assert [names.all() for names in signature(name)] == [(), ()]
    assert any(f"\n-- include: {name}\n" in text for text in TEXTS.values())


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_name_is_used_and_is_the_only_one_of_its_kind(name: str) -> None:
    """A name that nothing uses misleads; one that stands for two things changes the wrong one."""
    of_keys, of_args = signature(name)
    names = [*of_keys.all(), *of_args.all()]
    assert len(names) == len(set(names)) <= MOST_NAMES
    assert not RESERVED.intersection(names)
    body = code(name)
    assert [
        one for one in names if not re.search(rf"(?<!\w)(?<!\w\.){one}\b(?!\s*=[^=])", body)
    ] == []
    assert sorted(set(names) & set(_locals(body))) == []


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_nothing_is_taken_by_its_place(name: str) -> None:
    """A key that is inserted must not move the meaning of all that follow."""
    assert not re.search(r"\b(KEYS|ARGV)\b", code(name))


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_fields_are_named_and_known(name: str) -> None:
    """A field that is misspelt would be nil, and so be missing, without an error."""
    found = re.search(r"^-- fields: (.+)$", TEXTS[name], re.MULTILINE)
    declared = re.findall(r"\w+", found[1]) if found else []
    used = re.findall(r"\b([A-Z]+)\.(\w+)", code(name))
    assert sorted({table.lower() for table, _ in used}) == sorted(declared)
    for table, field in used:
        assert field.upper() in FIELDS[table.lower()].__members__
    assert not re.search(r"(?<![.\w])'[a-z]'", re.sub(r"--.*", "", TEXTS[name]))


class Call(NamedTuple):
    """A call of a script in Python."""

    where: str
    name: str
    keys: frozenset[str]
    args: frozenset[str]


def _locals(body: str) -> Iterator[str]:
    """Yield the names that a script gives to locals, parameters and the variables of loops."""
    for found in re.finditer(r"\blocal (?!function)([\w, ]+)", body):
        yield from re.findall(r"\w+", found[1].split(" =")[0])
    for found in re.finditer(r"\bfunction ?([\w.]*)\(([\w, ]*)\)", body):
        yield found[1]
        yield from re.findall(r"\w+", found[2])
    for found in re.finditer(r"\bfor ([\w, ]+?) (?:=|in\b)", body):
        yield from re.findall(r"\w+", found[1])


def _given(node: ast.expr | None, module: object) -> Iterator[str]:
    """Yield the names that a call gives; each is written there or in a constant of the program."""
    if node is None:
        return
    assert isinstance(node, ast.Dict), ast.unparse(node)
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None:
            yield ast.literal_eval(key)
        elif isinstance(value, ast.Call):
            assert ast.unparse(value.func) == "keys.ledgers"
            for argument in value.args[1:]:
                if isinstance(argument, ast.Starred):
                    yield from _constant(argument.value, module)
                else:
                    yield ast.literal_eval(argument)
        else:
            yield from _constant(value, module)


def _constant(node: ast.expr, module: object) -> Iterator[str]:
    found: Iterable[str] = reduce(getattr, ast.unparse(node).split("."), cast("Any", module))
    yield from found


def _calls() -> Iterator[Call]:
    root = Path(mailer.__file__).parent
    for file in sorted(root.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if "scripts.run(" not in text:
            continue
        name = ".".join(("mailer", *file.relative_to(root).with_suffix("").parts))
        module = import_module(name)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("scripts.run"):
                given = {one.arg: one.value for one in node.keywords}
                assert set(given) <= {"keys", "args", "pipe"}
                (script,) = node.args
                yield Call(
                    f"{name}:{node.lineno}",
                    ast.literal_eval(script),
                    frozenset(_given(given.get("keys"), module)),
                    frozenset(_given(given.get("args"), module)),
                )


CALLS = tuple(_calls())


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.name}")
def test_a_call_gives_what_the_script_names(call: Call) -> None:
    """A rare call would otherwise fail first when it is needed."""
    of_keys, of_args = signature(call.name)
    assert (sorted(call.keys), sorted(call.args)) == (
        sorted(of_keys.all()),
        sorted(of_args.all()),
    )


def test_every_script_is_called() -> None:
    """A script that nobody calls is dead."""
    assert sorted({call.name for call in CALLS}) == SCRIPTS


def test_values_reach_the_server_in_its_order_whatever_ours() -> None:
    """The names alone tell what is what."""
    args = {"now_ms": 3, "lease_ms": 2, "token": "t"}
    keys = {"owners": "o", "campaign": "c", "due": "d"}
    assert bind("take_chunk", keys, args) == (("c", "d", "o"), ("t", 2, 3))


def test_a_list_takes_what_is_left() -> None:
    """A script may be about any number of things."""
    given = {"deferred": "d", "scratch": "s", "bitmaps": ["x", "y"]}
    assert bind("waiting", given, {}) == (("d", "s", "x", "y"), ())
    assert source("waiting").startswith(
        "local deferred, scratch = KEYS[1], KEYS[2] "
        "local bitmaps = {} for place = 3, #KEYS do bitmaps[place - 2] = KEYS[place] end\n"
    )


@pytest.mark.parametrize(
    ("keys", "args", "words"),
    [
        ({"campaign": "c"}, {"reason": "", "event_json": ""}, "missing: events"),
        (
            {"campaign": "c", "events": "e", "more": "m"},
            {"reason": "", "event_json": ""},
            "not known: more",
        ),
        (
            {"campaign": "c", "events": "e"},
            {"reason": "", "event": ""},
            "missing: event_json; not known: event",
        ),
    ],
    ids=["missing", "too many", "misnamed"],
)
def test_a_call_with_other_names_is_refused(
    keys: dict[str, str], args: dict[str, str], words: str
) -> None:
    """A wrong key would be written to before anybody saw it."""
    with pytest.raises(TypeError, match=words) as refused:
        bind("note", keys, args)
    assert "The script note" in str(refused.value)


def test_a_text_is_no_list() -> None:
    """Its letters would each be taken for a key."""
    with pytest.raises(TypeError, match="a list is wanted"):
        bind("waiting", {"deferred": "d", "scratch": "s", "bitmaps": "xy"}, {})


def letters_in(file: Path) -> Iterator[int]:
    """Yield the lines where a key, an index, a member or an argument is a single letter."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        places: Sequence[ast.expr | None] = []
        if isinstance(node, ast.Dict):
            places = node.keys
        elif isinstance(node, ast.Subscript):
            places = [node.slice]
        elif isinstance(node, ast.Tuple | ast.List):
            places = node.elts
        elif isinstance(node, ast.Call):
            places = node.args
        for place in places:
            if isinstance(place, ast.Constant) and re.fullmatch("b?'[A-Za-z]'", repr(place.value)):
                yield place.lineno


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(STORE)))
def test_no_field_of_a_hash_is_written_as_a_letter(file: Path) -> None:
    """A letter says nothing to a reader, and no check finds the wrong one."""
    assert list(letters_in(file)) == []
