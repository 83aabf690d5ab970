"""`mailer inbound`: what an MTA's pipe gets for an answer, and what the secretariat sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailer.domain.inbound.received import MailState, Way
from mailer.store.server.connection import Store
from support.service.command import Command
from support.service.inbound_service import LIST, MAIL, InboundService, mail


@pytest.fixture
def service(store: Store, data_dir: Path) -> InboundService:
    """A service that takes mail in."""
    return InboundService(store, data_dir)


@pytest.fixture
def mailer(store: Store, data_dir: Path) -> Command:
    """The command line on the same store."""
    return Command(store, data_dir, {"MAILER_INBOUND_MAX_BYTES": "100000"})


TEXT = MAIL.decode()


@pytest.mark.parametrize(
    ("arguments", "text", "answer"),
    [
        (["--recipient", LIST, "--sender", "ana@example.org"], TEXT, (0, "")),
        (["--recipient", LIST, "--sender", "MAILER-DAEMON"], TEXT, (0, "")),
        (["--recipient", LIST], f"From ana@example.org Mon Nov 23\n{TEXT}", (0, "")),
        (["--recipient", "x@lists.example.org"], TEXT, (67, "5.1.1 x@lists.example.org")),
        (["--recipient", LIST, "--recipient", "x@example.org"], TEXT, (67, "5.1.1 x@example.org")),
        (["--recipient", "bulletin-leave+1-2-0123456789abcdef@lists.example.org"], TEXT, (67, "5.1.1")),
        (["--recipient", LIST], "", (65, "5.6.0")),
        (["--recipient", LIST], "x" * 100_001, (65, "5.3.4")),
        ([], TEXT, (64, "--recipient")),
    ],
)  # fmt: skip
def test_a_pipe_is_answered_as_sysexits_says(
    mailer: Command,
    service: InboundService,
    arguments: list[str],
    text: str,
    answer: tuple[int, str],
) -> None:
    """The MTA returns the mail, forgets it or tries again by this number alone."""
    said = mailer("inbound", "deliver", *arguments, answer=text)
    code, words = answer
    assert (said.code, said.out) == (code, "")
    assert words in said.err
    kept = service.mails()
    assert len(kept) == (code == 0)
    if kept:
        assert kept[0].way is Way.PIPE
        assert kept[0].sender == ("ana@example.org" if "ana@example.org" in arguments else "")
        assert service.contents() == [MAIL]


@pytest.mark.parametrize(
    "wrong",
    [
        {"MAILER_REDIS_URL": "unix:///nowhere/store.sock"},
        {"MAILER_WORKERS": "many"},
        {"MAILER_LIST_DOMAIN": ""},
    ],
)
def test_whatever_is_wrong_with_us_keeps_the_mail_with_the_mta(
    store: Store, data_dir: Path, wrong: dict[str, str]
) -> None:
    """A misspelt setting must not return readers' mail."""
    said = Command(store, data_dir, wrong)("inbound", "deliver", "--recipient", LIST, answer=TEXT)
    assert said.code == 75
    assert said.err.startswith("4.3.0 ")


def test_the_envelope_may_come_from_the_environment(
    store: Store, data_dir: Path, service: InboundService
) -> None:
    """Postfix's local delivery puts mail there."""
    mailer = Command(store, data_dir, {"SENDER": "ana@example.org", "RECIPIENT": LIST})
    assert mailer("inbound", "deliver", answer=TEXT).code == 0
    assert (service.mails()[0].sender, service.mails()[0].recipients) == (
        "ana@example.org",
        (LIST,),
    )


def test_what_came_in_is_listed_with_what_became_of_it(
    mailer: Command, service: InboundService
) -> None:
    """Law 11: the secretariat sees all of it."""
    service.intake.receive([mail(), mail(b"another", sender="")])
    first, second = (one.number for one in service.mails())
    service.intake.process(first)
    said = mailer("inbound", "list")
    assert (
        said.out.splitlines()[-1]
        == "2 mails kept: 1 unread, 0 held, 0 handled, 1 waiting, 0 quarantined, 0 cited."
    )
    assert "ana@example.org" in said.out
    assert "person" in said.out
    found = [json.loads(line) for line in mailer("inbound", "list", "--json").out.splitlines()]
    assert [one["mail"] for one in found] == [second, first]
    only = mailer("inbound", "list", "--state", "waiting", "--json").out.splitlines()
    assert [json.loads(line)["mail"] for line in only] == [first]


def test_an_empty_list_says_so(mailer: Command, store: Store) -> None:
    """Rather than nothing at all."""
    assert store is not None
    assert "\n0 mails kept" in mailer("inbound", "list").out


def test_a_mail_is_shown_and_given_out_as_it_came(mailer: Command, service: InboundService) -> None:
    """Byte for byte, so that it can be examined elsewhere."""
    content = b"Subject: \xff\0\r\n\r\n\x1b[2J"
    service.intake.receive([mail(content, sender="\x1b[2Jx@example.org")])
    number = str(service.mails()[0].number)
    assert mailer("inbound", "show", number, "--raw").raw == content
    shown = mailer("inbound", "show", number).out
    assert "from:      ?[2Jx@example.org" in shown
    assert json.loads(mailer("inbound", "show", number, "--json").out)["to"] == [LIST]
    assert mailer("inbound", "show", "999").code == 1


def test_mail_is_read_again_on_demand(mailer: Command, service: InboundService) -> None:
    """After a mistake was mended, nobody should have to send it again."""
    service.intake.receive([mail()])
    number = service.mails()[0].number
    service.intake.process(number)
    assert mailer("inbound", "requeue", str(number)).out == f"Mail {number} will be read again.\n"
    assert service.mails()[0].state is MailState.UNREAD
    assert service.jobs()[-1] == [number]
    assert mailer("inbound", "requeue", str(number)).code == 1


def test_listening_nowhere_is_an_error(mailer: Command) -> None:
    """A listener that does nothing would look as if all were well."""
    said = mailer("inbound", "listen")
    assert said.code == 2
    assert "listen" in said.err
