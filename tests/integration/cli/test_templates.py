"""`mailer templates`, run as people run it, on a real store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailer.store import keys
from mailer.store.server.connection import Store
from support.samples.registration import DATA, FOLDER
from support.service.command import Command


@pytest.fixture
def mailer(store: Store, data_dir: Path) -> Command:
    """The command line of an installation with an empty store."""
    return Command(store, data_dir)


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A file with a program's data."""
    file = tmp_path / "data.json"
    file.write_text(json.dumps({**DATA, "name": "Zebedee"}))
    return str(file)


def test_a_template_is_taken_in_listed_shown_and_removed(mailer: Command) -> None:
    """The whole life of one."""
    assert "no template yet" in mailer("templates", "list").out
    said = mailer("templates", "import", str(FOLDER))
    assert said.code == 0, said.err
    assert said.out.startswith("Imported registration (in en, fr, es; version ")
    assert mailer("templates", "import", str(FOLDER)).out.startswith("Unchanged: registration")
    assert "registration" in mailer("templates", "list").out
    assert json.loads(mailer("templates", "list", "--json").out)[0]["slug"] == "registration"
    assert "ticket_url" in mailer("templates", "show", "registration").out
    shown = json.loads(mailer("templates", "show", "registration", "--json").out)
    assert shown["variables"]["day"] == {
        "type": "date",
        "required": True,
        "example": "2027-06-28",
        "description": "The first day.",
    }
    assert mailer("templates", "remove", "registration").out == "Removed registration.\n"
    assert mailer("templates", "show", "registration").code == 1
    assert mailer("templates", "remove", "registration").code == 1


def test_a_folder_with_faults_is_refused_with_all_of_them(mailer: Command, tmp_path: Path) -> None:
    """And nothing is kept."""
    (tmp_path / "template.toml").write_text("slug = 'a'\nlanguages = ['en', 'fr']\n")
    said = mailer("templates", "import", str(tmp_path))
    assert said.code == 1
    for fault in ("'subject' is missing", "en.md: the file is missing", "fr.md: the file"):
        assert fault in said.err
    assert "no template yet" in mailer("templates", "list").out


def test_a_preview_shows_what_a_reader_would_get(mailer: Command, data: str) -> None:
    """With the examples or with one's own data, in each language, as text and as HTML."""
    mailer("templates", "import", str(FOLDER))
    shown = mailer("templates", "preview", "registration", "--language", "fr").out
    assert shown.startswith("Subject: Votre inscription : Annual meeting\n\n")
    own = mailer("templates", "preview", "registration", "--data", data, "--format", "html").out
    assert own.startswith("<!doctype html>")
    assert "Dear Zebedee" in own
    typed = mailer("templates", "preview", "registration", "--data", "-", answer="[1]")
    assert typed.code == 1
    assert "no JSON object" in typed.err
    assert mailer("templates", "preview", "registration", "--data", "/nowhere").code == 1


def test_one_mail_is_queued_and_listed(mailer: Command, data: str, store: Store) -> None:
    """By hand as by a program; the audit log has no address."""
    mailer("templates", "import", str(FOLDER))
    send = ("templates", "send", "registration", "ana@example.org", "--data", data, "--key", "k1")
    assert mailer(*send).out == "Mail 1 is queued (in en).\n"
    assert mailer(*send).out == "Mail 1 is queued already (in en).\n"
    line = mailer("templates", "mails", "--template", "registration").out
    assert "registration (en)  queued" in line
    found = json.loads(mailer("templates", "mails", "--number", "1", "--json").out)
    assert (found["state"], found["template"]) == ("queued", "registration")
    assert mailer("templates", "mails", "--number", "7").code == 1
    assert "template" in mailer("outbox").out
    audit = mailer("audit", "list").out
    assert "mail.send" in audit
    kept = str(store.redis.xrange(keys.AUDIT))
    assert "ana@example.org" not in kept
    assert "Zebedee" not in kept


def test_a_refused_mail_says_why(mailer: Command, data: str) -> None:
    """With the number under which the ledger has it."""
    mailer("templates", "import", str(FOLDER))
    mailer("subscribers", "suppress", "ana@example.org", "--reason", "asked")
    said = mailer("templates", "send", "registration", "ana@example.org", "--data", data)
    assert said.code == 1
    assert "it is suppressed (mail 1)" in said.err
    assert "skipped: suppressed" in mailer("templates", "mails").out
