"""Error codes are what programs go by: each is documented, and no two kinds of error share one."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import mailer
from mailer.errors import MailerError
from mailer.web.problem_details import KINDS
from support.places import ROOT

pytestmark = pytest.mark.docs

PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
OF_A_TERMINAL = re.compile(r"`mailer [a-z]|(?:^|[\s`'(])--[a-z]")
FORM = re.compile(r"([a-z]+(_[a-z0-9]+)*\.)?[a-z]+(_[a-z0-9]+)*")


def listed(heading: str) -> list[str]:
    """Return the codes of one of the page's tables, in its order."""
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", part, re.MULTILINE)


def kinds(of: type[MailerError] = MailerError) -> Iterator[type[MailerError]]:
    """Yield a class of errors and all below it."""
    yield of
    for one in of.__subclasses__():
        yield from kinds(one)


def own_kinds() -> list[type[MailerError]]:
    """List all classes of errors that Mailer itself has, with every module loaded."""
    for module in pkgutil.walk_packages(mailer.__path__, "mailer."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return [one for one in kinds() if one.__module__.startswith("mailer.")]


def calls() -> Iterator[ast.Call]:
    """Yield each call in our code."""
    for folder in ("mailer", "workers"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield node


def words(node: ast.expr) -> set[str]:
    """Return the texts that an expression may be: one, or those of a choice between two."""
    if isinstance(node, ast.IfExp):
        return words(node.body) | words(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def problem_codes() -> set[str]:
    """Return the codes that problems and findings are made with."""
    found = set[str]()
    for call in calls():
        for one in call.keywords:
            if one.arg == "code":
                found |= words(one.value)
        if getattr(call.func, "id", "") == "_coded":
            found |= words(call.args[0])
    return found


def spoken(file: Path) -> Iterator[str]:
    """Yield the texts in a module's code, but for docstrings and what is written to the log."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "message":
            silent |= {id(one) for one in ast.walk(node.value)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in silent
        ):
            yield node.value


def things() -> set[str]:
    """Return the kinds of things that errors are about."""
    about = {"NotFoundError", "StateError"}
    made = [call for call in calls() if getattr(call.func, "id", "") in about]
    return set[str]().union(*(words(call.args[0]) for call in made))


def test_every_kind_of_error_is_listed_with_its_code() -> None:
    """A program can only go by what its author could read."""
    codes = {one.code for one in own_kinds()}
    assert sorted(listed("Errors")) == sorted(codes)


def test_no_two_kinds_of_error_share_a_code() -> None:
    """A class that was added and given no code would pass for another."""
    found = own_kinds()
    assert len({one.code for one in found}) == len(found)


def test_every_kind_of_problem_is_listed_with_its_code() -> None:
    """The same holds for what is wrong with a field."""
    assert sorted(listed("Problems")) == sorted(problem_codes())


@pytest.mark.parametrize("floor", ["domain", "store", "content", "message", "services"])
def test_below_the_front_ends_nobody_names_options_or_commands(floor: str) -> None:
    """Who uses the API or the console has no command line; errors about settings are excepted."""
    files = {file for file in (ROOT / "mailer" / floor).rglob("*.py") if file.name != "dkim.py"}
    named = {text for file in files for text in spoken(file) if OF_A_TERMINAL.search(text)}
    assert files
    assert not named


def test_every_kind_of_thing_is_listed() -> None:
    """Which thing is missing, or in the wrong state, is for programs as well."""
    said = PAGE.partition("What `kind` can be:")[2].partition(".\n")[0]
    assert re.findall(r"`([^`]+)`", said) == sorted(things())


def test_the_status_of_every_error_is_listed() -> None:
    """Who calls the API meets the status first."""
    said = re.findall(r"^\| `([a-z_]+)` \| [^|]+ \|[^|]*\| (\d{3}) \|$", PAGE, re.MULTILINE)
    assert dict(said) == {code: str(int(kind.status)) for code, kind in KINDS.items()}


@pytest.mark.parametrize("code", [*listed("Errors"), *listed("Problems")])
def test_codes_have_one_form(code: str) -> None:
    """They stand in addresses, in JSON and in other people's programs."""
    assert FORM.fullmatch(code)
