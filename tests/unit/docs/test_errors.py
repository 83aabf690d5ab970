"""Error codes are what programs go by: each is documented, and no two kinds of error share one."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import mailer
from mailer.errors import MailerError, Problem
from support.places import ROOT

pytestmark = pytest.mark.docs

PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
FORM = re.compile(r"[a-z]+(_[a-z]+)*")


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


def problem_codes() -> set[str]:
    """Return the codes that problems are made with, and the one of those made without."""
    found = {Problem("", "").code}
    for folder in ("mailer", "workers"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem":
                    given = [*node.args[3:4], *(k.value for k in node.keywords if k.arg == "code")]
                    found |= {ast.literal_eval(one) for one in given}
    return found


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


@pytest.mark.parametrize("code", [*listed("Errors"), *listed("Problems")])
def test_codes_have_one_form(code: str) -> None:
    """They stand in addresses, in JSON and in other people's programs."""
    assert FORM.fullmatch(code)
