"""`mailer editions draft`, run as the secretariat runs it, on a real store."""

from __future__ import annotations

import json
import zipfile
from importlib import resources
from pathlib import Path

import pytest

from mailer.store.server.connection import Store
from support.service.command import Command

SPRING = Path(str(resources.files("mailer.demo") / "spring-2023"))


@pytest.fixture
def mailer(store: Store, data_dir: Path) -> Command:
    """The command line of an installation with an empty store."""
    return Command(store, data_dir)


def test_a_draft_goes_out_as_a_folder_and_comes_in_as_the_same(
    mailer: Command, tmp_path: Path
) -> None:
    """Whoever likes an editor of their own takes the texts there and back."""
    said = mailer("editions", "draft", "import", str(SPRING))
    assert said.out == "Began draft 1 (spring-2023, en, fr, es).\n", said.err
    file = tmp_path / "out.zip"
    mailer("editions", "draft", "export", "1", "--output", str(file))
    with zipfile.ZipFile(file) as packed:
        assert packed.read("spring-2023/fr.md") == (SPRING / "fr.md").read_bytes()
    mailer("editions", "draft", "remove", "1")
    assert "Began draft 2" in mailer("editions", "draft", "import", str(file)).out
    [row] = json.loads(mailer("editions", "draft", "list", "--json").out)
    assert (row["draft"], row["edition"], row["state"]) == (2, "spring-2023", "writing")
    assert row["languages"]["fr"] == {"percent": 100, "missing": 0, "stale": 0}
    assert "spring-2023" in mailer("editions", "draft", "list").out


def test_a_draft_becomes_an_edition(mailer: Command) -> None:
    """From then on campaigns can send it."""
    mailer("editions", "draft", "import", str(SPRING))
    checked = mailer("editions", "draft", "check", "1")
    assert (checked.code, checked.out.partition(":")[0]) == (0, "Draft 1")
    assert mailer("editions", "draft", "publish", "1").out.startswith("The library has spring-2023")
    assert "spring-2023" in mailer("editions", "list").out


def test_a_draft_that_is_not_there_is_said_with_a_way_on(mailer: Command) -> None:
    """Somebody else may have removed it."""
    said = mailer("editions", "draft", "export", "7")
    assert said.code == 1
    assert "mailer editions draft list" in said.err
    assert "There is no draft." in mailer("editions", "draft", "list").out
