"""Topics by mail: what an empty mail gets, and that nobody asks for what is not for everybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailer.config import secret_key
from mailer.domain.access.token import Signer
from mailer.domain.inbound.received import MailState
from mailer.domain.subscribers.bearer import sign_standing
from mailer.domain.subscribers.subscribing import Choice, mark
from mailer.store.server.connection import Store
from support.service.mail_service import MailService, text_of

TOPICS: dict[str, Any] = {
    "press": {"name": {"en": "Press releases"}, "short": {"en": "press releases"}},
    "bulletin": {"default": True},
    "board": {"name": "The board", "visible": False},
}
PROVEN = (
    "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=x;"
    " dkim=pass (good) header.d=example.org header.s=k\n"
)


@pytest.fixture
def service(store: Store, data_dir: Path) -> MailService:
    """A service that believes its mail server."""
    return MailService(store, data_dir, authentication_server="mx.example.org", topics=TOPICS)


def topics(service: MailService) -> set[str]:
    """Return what the reader gets."""
    found = service.who()
    assert found is not None
    return set(found.topics)


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("subscribe", {"bulletin"}),
        ("subscribe+press", {"press"}),
        ("press-subscribe", {"press"}),
    ],
)
def test_an_empty_mail_gets_the_default_topic_or_the_one_it_names(
    service: MailService, to: str, expected: set[str]
) -> None:
    """Whatever the order of the forms is, the default is what the setting says."""
    service.subscribed(to=to)
    assert topics(service) == expected


@pytest.mark.parametrize("to", ["board-subscribe", "subscribe+board"])
def test_a_hidden_topic_cannot_be_asked_for(service: MailService, to: str) -> None:
    """It is to a stranger as an address that means nothing: a person sees it, nobody is added."""
    unknown = service.get(service.own(to.replace("board", "nonsense")))
    asked = service.get(service.own(to))
    assert (asked.state, asked.reason) == (unknown.state, unknown.reason)
    assert asked.state is not MailState.UNREAD
    assert service.who() is None
    assert service.queued() == []


def test_mails_to_strangers_name_no_hidden_topic(service: MailService) -> None:
    """Neither the question, nor the welcome, nor help."""
    asked = service.asked()
    service.reply(asked)
    service.get(service.own("help"), author="bob@example.org")
    mails = [asked, *service.sent()]
    assert service.queued() == ["confirm", "welcome", "help"]
    for mail in mails:
        assert "board" not in mail.as_string().lower()
    assert "Also receive: press releases" in text_of(mails[1])


def test_whoever_has_a_hidden_topic_is_told_and_can_leave_it(service: MailService) -> None:
    """What one gets one must be able to stop: by the mail's own address."""
    service.member(topics="bulletin board")
    service.get(service.own(), subject="status")
    (told,) = service.sent()
    text = text_of(told)
    assert "The board" in text
    lines = text.splitlines()
    service.get(lines[lines.index("* No longer receive: The board") + 1].strip())
    assert topics(service) == {"bulletin"}


def test_a_hidden_topic_is_left_by_name_with_proof(service: MailService) -> None:
    """As any other."""
    service.member(topics="bulletin board")
    service.get(service.own("board-leave"), header=PROVEN)
    assert topics(service) == {"bulletin"}


@pytest.mark.parametrize(
    ("before", "asked", "after"),
    [
        ("bulletin", "topics press", {"press"}),
        ("bulletin", "topics board", {"bulletin"}),
        ("bulletin", "topics bulletin board", {"bulletin"}),
        ("bulletin board", "topics press board", {"press", "board"}),
        ("bulletin board", "topics bulletin", {"bulletin"}),
    ],
)
def test_the_command_chooses_among_what_its_writer_sees(
    service: MailService, before: str, asked: str, after: set[str]
) -> None:
    """A proven author changes what is theirs, and does not put themselves on the board."""
    service.member(topics=before)
    service.get(service.own(), subject=asked, header=PROVEN)
    assert topics(service) == after


def test_an_address_from_before_a_topic_was_hidden_adds_it_no_more(service: MailService) -> None:
    """Old mail lies about for years."""
    member = service.member(topics="bulletin")
    signer = Signer(secret_key(service.settings))
    token = sign_standing(signer, member.number, member.address, mark(Choice.ADD, "board"))
    service.get(service.own(f"confirm+{token}"))
    assert topics(service) == {"bulletin"}
