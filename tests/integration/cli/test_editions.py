"""`mailer editions`, run as the secretariat runs it, on a real store."""

from __future__ import annotations

import json
import re
import shutil
from email import message_from_bytes, policy
from email.message import EmailMessage
from importlib import resources
from pathlib import Path

import pytest

from mailer.store import editions
from mailer.store.server.connection import Store
from support.service.command import Command

SPRING = Path(str(resources.files("mailer.demo") / "spring-2023"))


@pytest.fixture
def mailer(store: Store, data_dir: Path) -> Command:
    """The command line of an installation with an empty store."""
    return Command(store, data_dir)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample edition, to be spoilt."""
    return Path(shutil.copytree(SPRING, tmp_path / "spring"))


def test_an_import_says_what_came_in(mailer: Command, store: Store) -> None:
    """The secretariat must see that it took the right folder, in all its languages."""
    said = mailer("editions", "import", str(SPRING))
    assert said.code == 0, said.err
    digest = editions.summary_of(store, "spring-2023").digest
    assert said.out.startswith("Imported spring-2023 (Spring 2023, of 2023-04-12, in en, fr, es;")
    assert f"version {digest}" in said.out


def test_importing_the_same_again_says_unchanged(mailer: Command) -> None:
    """A user who forgot to save the file finds out here, not after the campaign."""
    mailer("editions", "import", str(SPRING))
    assert mailer("editions", "import", str(SPRING)).out.startswith("Unchanged: spring-2023 (")


def test_an_import_hints_at_what_is_to_mend(mailer: Command, folder: Path) -> None:
    """Nobody runs a check that they were not told of."""
    (folder / "fr.md").unlink()
    said = mailer("editions", "import", str(folder))
    assert said.code == 0, said.err
    assert re.search(r"\d+ warnings?: see `mailer editions check spring-2023`\.", said.out)


def test_a_folder_that_is_no_edition_is_refused_whole(mailer: Command, tmp_path: Path) -> None:
    """Half an edition in the store could be sent."""
    said = mailer("editions", "import", str(tmp_path))
    assert said.code == 1
    assert "edition.toml" in said.err
    assert mailer("editions", "list", "--json").out.strip() == "[]"


def test_a_list_without_editions_says_how_to_begin(mailer: Command) -> None:
    """An empty table tells a newcomer nothing."""
    assert "mailer editions import DIR" in mailer("editions", "list").out


def test_the_list_shows_each_edition(mailer: Command) -> None:
    """The slug shown here is what all other commands want."""
    mailer("editions", "import", str(SPRING))
    listed = mailer("editions", "list").out
    assert all(word in listed for word in ("spring-2023", "2023-04-12", "en, fr, es"))
    assert json.loads(mailer("editions", "list", "--json").out)[0]["slug"] == "spring-2023"


@pytest.mark.parametrize("by", ["slug", "folder"])
def test_a_good_edition_passes_the_check(mailer: Command, by: str) -> None:
    """Authors check a folder while they write, the secretariat what it imported."""
    mailer("editions", "import", str(SPRING))
    said = mailer("editions", "check", "spring-2023" if by == "slug" else str(SPRING))
    assert said.code == 0, said.out
    assert said.out.startswith("spring-2023: ")


def test_warnings_alone_do_not_fail_the_check(mailer: Command, folder: Path) -> None:
    """They are for a person to weigh: a missing translation may be what was meant."""
    (folder / "es.md").unlink()
    said = mailer("editions", "check", str(folder))
    assert said.code == 0
    assert "warning" in said.out
    assert "Spanish (es)" in said.out
    assert "Readers of es get it in en." in said.out


def spoil(folder: Path) -> None:
    """Add a link to nowhere."""
    text = folder / "fr.md"
    text.write_text(text.read_text() + "\n[lire](http://example.org)\n")


def test_errors_fail_the_check_with_place_and_remedy(mailer: Command, folder: Path) -> None:
    """A script may rely on the exit code, a person needs to know where to look."""
    spoil(folder)
    said = mailer("editions", "check", str(folder))
    assert said.code == 1
    assert re.search(r"French \(fr\)\n  error  fr\.md:\d+\n    .*http://example\.org.*; ", said.out)


def test_the_check_in_json_holds_the_same(mailer: Command, folder: Path) -> None:
    """Programs get facts, not sentences to take apart."""
    spoil(folder)
    said = mailer("editions", "check", str(folder), "--json")
    told = json.loads(said.out)
    assert (said.code, told["edition"], told["errors"]) == (1, "spring-2023", 1)
    finding = next(found for found in told["findings"] if found["level"] == "error")
    assert finding["language"] == "fr"
    assert finding["place"].startswith("fr.md:")
    assert finding["remedy"]
    assert told["readers_get"]["fr"] == "fr"


def test_an_edition_that_cannot_be_read_is_a_finding_too(mailer: Command, folder: Path) -> None:
    """The check must not fall over what it is there to find."""
    (folder / "edition.toml").write_text("slug = \n")
    said = mailer("editions", "check", str(folder), "--json")
    assert said.code == 1
    assert json.loads(said.out)["errors"] >= 1


def test_an_unknown_edition_is_answered_with_those_known(mailer: Command) -> None:
    """Most unknown names are slips of the finger."""
    mailer("editions", "import", str(SPRING))
    said = mailer("editions", "check", "spring-2032")
    assert said.code == 1
    assert "There is no edition 'spring-2032'. Known are: spring-2023." in said.err


def test_the_text_preview_is_what_a_reader_sees(mailer: Command) -> None:
    """Unfilled slots would be invisible signs in a terminal."""
    said = mailer("editions", "preview", str(SPRING), "--language", "fr")
    assert said.code == 0, said.err
    assert "reader@example.org" in said.out
    assert "mailto:bulletin-leave+" in said.out
    assert not re.search("[\ue000\ue001]", said.out)


def test_the_html_preview_needs_nothing_but_itself(mailer: Command, tmp_path: Path) -> None:
    """It is opened from a file, where `cid:` leads nowhere."""
    file = tmp_path / "preview.html"
    said = mailer("editions", "preview", str(SPRING), "--format", "html", "--output", str(file))
    assert (said.code, said.out) == (0, "")
    page = file.read_text()
    sources = re.findall(r'\ssrc="([^"]{5})', page)
    assert sources
    assert set(sources) == {"data:"}
    assert "cid:" not in page
    assert not re.search("[\ue000\ue001]", page)


def test_the_eml_preview_is_a_whole_message(mailer: Command) -> None:
    """It is opened in a mail program, and must be taken for mail there."""
    said = mailer("editions", "preview", str(SPRING), "--format", "eml", "--language", "es")
    message = message_from_bytes(said.raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert message["To"] == "reader@example.org"
    assert message["Content-Language"] == "es"
    assert not message.defects
    plain = message.get_body(("plain",))
    assert plain is not None
    assert "reader@example.org" in plain.get_content()


def test_a_preview_needs_no_settings_but_eml_does(store: Store, data_dir: Path) -> None:
    """An author looks at a text long before anybody set a sender."""
    bare = {"MAILER_SENDER_ADDRESS": "", "MAILER_LIST_DOMAIN": ""}
    mailer = Command(store, data_dir, bare)
    assert mailer("editions", "preview", str(SPRING)).code == 0
    assert mailer("editions", "check", str(SPRING)).code == 0
    said = mailer("editions", "preview", str(SPRING), "--format", "eml")
    assert said.code == 2
    assert "sender_address" in said.err


def test_a_preview_makes_no_key(mailer: Command, data_dir: Path) -> None:
    """Looking changes nothing, and a sample's link must be a key to nothing."""
    mailer("editions", "preview", str(SPRING), "--format", "eml")
    assert not (data_dir / "secret.key").exists()


def test_a_preview_in_a_language_that_is_missing_names_those_there(mailer: Command) -> None:
    """Another language's text in its place would be taken for the translation."""
    said = mailer("editions", "preview", str(SPRING), "--language", "de")
    assert said.code == 1
    assert "It is written in: en, fr, es." in said.err


def test_a_preview_that_cannot_be_written_says_so(mailer: Command, tmp_path: Path) -> None:
    """A trace of the program would help nobody."""
    said = mailer("editions", "preview", str(SPRING), "--output", str(tmp_path))
    assert said.code == 1
    assert "--output" in said.err
    assert "cannot be written" in said.err


def test_a_packed_folder_is_imported_as_the_folder_is(
    mailer: Command, store: Store, tmp_path: Path
) -> None:
    """Somebody else wrote the edition, and sent it as one file."""
    mailer("editions", "import", str(SPRING))
    digest = editions.summary_of(store, "spring-2023").digest
    file = shutil.make_archive(str(tmp_path / "spring"), "zip", SPRING.parent, SPRING.name)
    said = mailer("editions", "import", file)
    assert said.out.startswith("Unchanged: spring-2023 ("), said.err
    assert editions.summary_of(store, "spring-2023").digest == digest
