"""docs/dependencies.md against pyproject.toml and the locked lists."""

from __future__ import annotations

import re
import tomllib

import pytest

from support.places import ROOT

pytestmark = pytest.mark.docs

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
INSTALLED = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["build"]
"""The packages of a server: what Mailer needs to run, and to be installed from a checkout."""


def names(requirements: list[str]) -> list[str]:
    """Return the names of the packages required, without their versions."""
    return [re.split(r"[<>=!~\[ ]", line)[0].lower() for line in requirements]


def test_each_dependency_has_its_sentence_and_nothing_else_has() -> None:
    """A package that nobody can give a reason for should not be there."""
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z0-9-]+) \| (\S.*) \|$", text, re.MULTILINE)
    documented = [name for name, _ in rows if name != "package"]
    wanted = names(INSTALLED) + [
        name
        for name in names(PROJECT["optional-dependencies"]["dev"])
        if name not in names(INSTALLED)
    ]
    assert documented == wanted


@pytest.mark.parametrize("list_name", ["deploy/requirements.txt", "tests/requirements.txt"])
def test_what_is_installed_is_locked_by_hash_and_names_no_registry(list_name: str) -> None:
    """The same packages everywhere, whichever registry an institution uses."""
    text = (ROOT / list_name).read_text(encoding="utf-8")
    locked = re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)
    assert set(names(INSTALLED)) <= {name.lower() for name in locked}
    assert text.count("--hash=sha256:") >= len(locked)
    assert "://" not in text
    assert "--index-url" not in text
