"""`mailer look`: said, shown, taken back, kept in a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailer.store.server.connection import Store
from support.service.command import Command


@pytest.fixture
def mailer(store: Store, data_dir: Path) -> Command:
    """The command line."""
    return Command(store, data_dir, {"MAILER_SENDER_NAME": "The Bulletin"})


def test_what_is_said_is_in_force_and_its_origin_is_told(mailer: Command) -> None:
    """Also for the other commands, and for `config show`."""
    assert mailer("look", "set", "languages", "fr, de").code == 0
    assert "Revision 2" in mailer("look", "set", "sender_name", "Lettre", "--language", "fr").out
    shown = json.loads(mailer("config", "show", "--json").out)
    assert shown["languages"] == {"value": ["fr", "de"], "from": "console"}
    assert shown["sender_address"]["from"] == "MAILER_SENDER_ADDRESS"
    assert "sender_name.fr: Lettre" in mailer("look", "show").out
    assert mailer("look", "reset", "languages").code == 0
    assert json.loads(mailer("config", "show", "--json").out)["languages"]["from"] == "default"
    assert "languages" in mailer("look", "history").out
    assert mailer("look", "restore", "1").code == 0
    assert json.loads(mailer("look", "show", "--json").out)["parts"] == {"languages": ["fr", "de"]}


def test_topics_are_said_as_json_and_others_as_text(mailer: Command) -> None:
    """What is wrong names the place."""
    assert mailer("look", "set", "topics", '{"press": {"name": "Press"}}').code == 0
    wrong = mailer("look", "set", "topics", "press")
    assert wrong.code == 1
    assert "this is not JSON" in wrong.err
    colour = mailer("look", "set", "accent", "#ffff00")
    assert "take #" in colour.err
    text = mailer("look", "set", "texts.welcome.heading", "Hello")
    assert "--language" in text.err
    assert mailer("look", "set", "texts.welcome.heading", "Hello", "--language", "en").code == 0
    assert "Hello\n=====" in mailer("look", "preview", "welcome").out


def test_a_file_carries_it_elsewhere(mailer: Command, tmp_path: Path) -> None:
    """And what is no such file changes nothing."""
    mailer("look", "set", "names.CZ", "Czech Republic", "--language", "en")
    mailer("look", "set", "imprint", "Line\\nLine", "--language", "en")
    file = tmp_path / "look.json"
    assert mailer("look", "export", str(file)).code == 0
    mailer("look", "restore", "0")
    assert "Nothing is said" in mailer("look", "show").out
    assert mailer("look", "import", str(file)).code == 0
    parts = json.loads(mailer("look", "show", "--json").out)["parts"]
    assert parts == {"names": {"CZ": {"en": "Czech Republic"}}, "imprint": {"en": "Line\nLine"}}
    file.write_text("[]", encoding="utf-8")
    assert mailer("look", "import", str(file)).code == 1
