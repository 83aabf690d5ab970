"""`mailer segments`, and campaigns and exports that are for one: as the secretariat types them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any, Final

import pytest

from mailer.services.subscriptions import own_data, subscribers
from mailer.store.server.connection import Store
from support.service.command import Command
from support.service.segment_service import SegmentService

ATTRIBUTES: Final = {
    "country": {"kind": "choice", "choices": ["CH", "FR"]},
    "fee": {"kind": "number"},
    "city": {"kind": "text"},
}


@pytest.fixture
def mailer(store: Store, tmp_path: Path) -> Command:
    """Declare three attributes; nobody reads it yet, and an edition is there."""
    service = SegmentService(store, tmp_path / "data", attributes=ATTRIBUTES)
    command = Command(store, service.settings.data_dir)
    command.settings = {"MAILER_ATTRIBUTES": json.dumps(ATTRIBUTES)}
    return command


@pytest.fixture
def filled(mailer: Command, tmp_path: Path) -> Command:
    """Import three readers, one of whom is refused."""
    file = tmp_path / "readers.csv"
    file.write_text(
        "address;tags;Country;fee;city;colour\n"
        "ana@example.org;press;ch;012.50;  Bern ;red\n"
        "ben@example.org;;FR;-3;;\n"
        "joy@example.org;press;Mars;1;;\n",
        encoding="utf-8",
    )
    said = mailer("subscribers", "import", str(file), "--yes")
    assert (said.code, "2 added" in said.out, "1 refused" in said.out) == (0, True, True)
    assert '"Mars" is no choice for country' in said.out
    assert "not imported: colour" in said.out
    return mailer


def facts(mailer: Command, address: str) -> dict[str, Any]:
    """Return what `show` says of a reader."""
    found: dict[str, Any] = json.loads(mailer("subscribers", "show", address, "--json").out)
    return found


def test_attributes_come_in_by_columns_and_are_shown(filled: Command) -> None:
    """What the institution notes of a reader is in its files already."""
    assert facts(filled, "ana@example.org")["attributes"] == {
        "country": "CH",
        "fee": "12.5",
        "city": "Bern",
    }
    assert "country    CH" in filled("subscribers", "show", "ana@example.org").out


def test_an_attribute_is_set_changed_and_taken_away_by_hand(filled: Command) -> None:
    """One value more or less must need no file."""
    who = ("subscribers", "add", "ben@example.org")
    assert "changed" in filled(*who, "--attribute", "city=Genève", "--attribute", "fee=-").out
    assert facts(filled, "ben@example.org")["attributes"] == {"country": "FR", "city": "Genève"}
    assert "on the list already" in filled(*who, "--attribute", "country=fr").out
    for wrong, said in (("colour=red", 'no attribute "colour"'), ("country", "write NAME=VALUE")):
        failed = filled(*who, "--attribute", wrong)
        assert (failed.code, said in failed.err) == (1, True)


def test_what_is_exported_can_be_imported_again(filled: Command, tmp_path: Path) -> None:
    """A list that moves to another installation takes its attributes along."""
    out = filled("subscribers", "export").out
    rows = {row["address"]: row for row in csv.DictReader(io.StringIO(out))}
    assert (rows["ana@example.org"]["fee"], rows["ana@example.org"]["city"]) == ("12.5", "Bern")
    file = tmp_path / "again.csv"
    file.write_text(out, encoding="utf-8")
    assert "2 unchanged" in filled("subscribers", "import", str(file), "--yes").out


def test_a_reader_s_own_data_holds_the_attributes(filled: Command, store: Store) -> None:
    """Whoever asks what is kept of them is told all of it."""
    service = SegmentService(store, filled.data_dir, attributes=ATTRIBUTES)
    ana = subscribers.get(store, 1)
    found = own_data.own_data(store, service.settings, ana, service.clock.now())
    assert found["attributes"] == {"country": "CH", "fee": "12.5", "city": "Bern"}


def test_a_segment_is_defined_previewed_shown_listed_and_removed(filled: Command) -> None:
    """The whole life of a named rule, on the command line."""
    assert "There is no segment yet" in filled("segments", "list").out
    defined = filled("segments", "define", "swiss", "COUNTRY = ch and fee > 9")
    assert "swiss, version 1: country = ch and fee > 9" in defined.out
    assert "1 reader; 1 of them would be mailed (en 1)." in defined.out
    assert json.loads(filled("segments", "preview", "swiss", "--json", "--who", "5").out) == {
        "rule": "country = ch and fee > 9",
        "members": 1,
        "planned": 1,
        "by_language": {"en": 1},
        "subscribers": [{"number": 1, "address": "ana@example.org"}],
        "after": 0,
    }
    listed = filled("segments", "preview", "all", "--who", "1").out
    assert "ana@example.org" in listed
    assert "More follow: --after 1" in listed
    assert "Nothing that has not begun uses it." in filled("segments", "show", "swiss").out
    assert json.loads(filled("segments", "list", "--json").out)[0]["version"] == 1
    assert "swiss is called home now" in filled("segments", "rename", "swiss", "home").out
    assert "No reader was changed" in filled("segments", "remove", "home").out
    assert filled("segments", "preview", "home").code == 1


def test_a_wrong_rule_says_where_it_is_wrong(filled: Command) -> None:
    """All that is wrong at once, one a line."""
    said = filled("segments", "preview", "topic:buletin or lang:xx")
    assert said.code == 1
    assert [line.partition(":")[0] for line in said.err.splitlines()] == [
        "character 1",
        "character 18",
    ]


def test_a_campaign_is_for_a_segment_and_a_rule_together(filled: Command) -> None:
    """Its size is seen before anything is sent (law 18), and its rule in its status."""
    filled("segments", "define", "press", "tag:press")
    create = ("campaigns", "create", "small", "--topic", "bulletin", "--segment", "press")
    made = filled(*create, "--to", "not had:small or fee = 1")
    assert "goes to 1 reader of bulletin who fit" in made.out
    found = json.loads(filled("campaigns", "status", "1", "--json").out)
    assert found["rule"] == "segment:press and (not had:small or fee = 1)"
    assert "Only readers who fit segment:press" in filled("campaigns", "status", "1").out
    assert "used by campaign 1" in filled("segments", "remove", "press").err
    assert filled(*create[:-1], "nobody").code == 1


def test_a_rule_cannot_break_out_of_its_place(filled: Command) -> None:
    """A segment and a rule hold together, whatever brackets the rule has."""
    filled("segments", "define", "press", "tag:press")
    out = filled("subscribers", "export", "--segment", "press", "--rule", "all) or (all")
    assert out.code == 1
    wide = filled("subscribers", "export", "--segment", "press", "--rule", "fee = 1 or all")
    assert [row["address"] for row in csv.DictReader(io.StringIO(wide.out))] == ["ana@example.org"]


def test_an_export_by_rule_obeys_the_other_choices_too(filled: Command) -> None:
    """Two conditions are both meant."""
    filled("subscribers", "remove", "ana@example.org")

    def exported(*options: str) -> list[str]:
        out = filled("subscribers", "export", *options).out
        return [row["address"] for row in csv.DictReader(io.StringIO(out))]

    assert exported("--rule", "has:fee") == ["ana@example.org", "ben@example.org"]
    assert exported("--rule", "has:fee", "--status", "active") == ["ben@example.org"]


def test_the_declared_attributes_are_shown_with_the_settings(filled: Command) -> None:
    """Whoever helps sees what is in force."""
    shown = json.loads(filled("config", "show", "--json").out)["attributes"]
    assert shown["value"]["country"] == {"kind": "choice", "choices": ["CH", "FR"], "labels": {}}
    assert shown["from"] == "MAILER_ATTRIBUTES"
