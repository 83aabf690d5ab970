"""The command line and the API offer the same: whoever adds an act offers it by both, or says why.

Which acts a command reaches is read from the code: the use cases marked as acts that a module of the
command line imports and calls, also through a function beside them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from mailer.domain.access.acts import ACTS
from mailer.web.api.app import ROUTERS
from mailer.web.api.operation import ACT, routes_of
from support.places import ROOT

NOT_BY_API: Final[Mapping[str, str]] = {
    "subscribers.sync": "it reads a directory that the machine's settings name",
    "subscribers.sync_plan": "as above",
    "subscribers.move_in": "it reads another program's files, and asks about its lists",
    "users.link": "it is for whoever has the machine, when no mail arrives",
    "operation.backup": "it writes a file on the machine, with the secret key in it",
    "operation.try_relays": "somebody who waits for the mail tries that",
    "subscribers.ask": "part of adding one, with `confirm`",
    **dict.fromkeys(
        (
            "drafts.save",
            "drafts.restore",
            "drafts.picture",
            "drafts.preview",
            "drafts.publish",
            "drafts.remove",
            "drafts.recover",
        ),
        "people write at the console; a program has a folder of its own, and imports it whole",
    ),
    "look.test": "it mails whoever looks: a user in the console, an operator at a terminal",
    **dict.fromkeys((act for act in ACTS if ACTS[act].right is None), "one's own, in a browser"),
}
"""Acts that no route offers, and why."""
NOT_BY_COMMAND: Final[Mapping[str, str]] = {
    **dict.fromkeys((act for act in ACTS if ACTS[act].right is None), "one's own, in a browser"),
    "subscribers.ask": "at a terminal the secretariat answers for the consent",
    "jobs.show": "a command does its work itself",
    **dict.fromkeys(
        ("drafts.save", "drafts.restore", "drafts.picture", "drafts.preview"),
        "at a terminal one writes in a folder: `export`, an editor, `import`",
    ),
}
"""Acts that no command offers, and why."""


@cache
def routes() -> frozenset[str]:
    """Return the acts that routes declare."""
    return frozenset((route.openapi_extra or {})[ACT] for route in routes_of(ROUTERS))


def parsed(folder: str) -> Iterator[tuple[str, ast.Module]]:
    """Yield the modules of a package, each with its whole name."""
    for file in sorted((ROOT / "mailer" / folder).rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts).removesuffix(".__init__"), ast.parse(file.read_text("utf-8"))


def marked(function: ast.AST) -> str:
    """Return the act that a function is marked as; empty: none."""
    for one in getattr(function, "decorator_list", []):
        if isinstance(one, ast.Call) and getattr(one.func, "id", "") == "act":
            return str(getattr(one.args[0], "value", ""))
    return ""


def used(node: ast.AST) -> set[str]:
    """Return the names that a piece of code speaks."""
    names = {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
    return names | {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


@cache
def use_cases() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Return, by module of the services and name of a function, the acts that it reaches."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for module, tree in parsed("services"):
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        functions = [one for one in ast.walk(tree) if isinstance(one, kinds)]
        acts = {one.name: frozenset({marked(one)}) for one in functions if marked(one)}
        for one in functions:
            if one.name not in acts and (reached := used(one) & acts.keys()):
                acts[one.name] = frozenset().union(*(acts[name] for name in reached))
        found[module] = acts
    return found


def imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield what a module imports from the services: the module, and the name or ``*``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mailer.services"):
            for one in node.names:
                whole = f"{node.module}.{one.name}"
                yield (whole, one.name) if whole in use_cases() else (str(node.module), one.name)


@cache
def commands() -> frozenset[str]:
    """Return the acts that the command line reaches."""
    reached = set[str]()
    folders: dict[Path, list[ast.Module]] = {}
    for module, tree in parsed("cli"):
        folders.setdefault(Path(module.replace(".", "/")).parent, []).append(tree)
    for trees in folders.values():
        names = set[str]().union(*map(used, trees))
        modules = {module for tree in trees for module, _ in imported(tree)}
        names |= {name for tree in trees for _, name in imported(tree)}
        for module in modules:
            for name, acts in use_cases().get(module, {}).items():
                reached |= acts if name in names else set()
    return frozenset(reached)


@pytest.mark.parametrize("act", ACTS)
def test_every_act_is_offered_by_both_or_said_why_not(act: str) -> None:
    """What only one of the two can do, somebody needs and does not find."""
    assert (act in routes()) != (act in NOT_BY_API), f"{act}, by the API"
    assert (act in commands()) != (act in NOT_BY_COMMAND), f"{act}, by a command"


def test_nothing_is_offered_that_is_no_act() -> None:
    """A use case that is marked by another name would be refused to everybody."""
    assert routes() | commands() <= ACTS.keys()
    assert NOT_BY_API.keys() | NOT_BY_COMMAND.keys() <= ACTS.keys()
