"""A reply approves only if it is the approver's own, vouched for, and says so with the code."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.access.consent_by_mail import MOST_WRONG, VALID, Why
from mailer.domain.access.rights import Role
from mailer.domain.campaigns.campaign import State
from mailer.domain.inbound.received import MailState, Received
from mailer.services.access import users
from mailer.services.access.audit import each as entries
from mailer.services.inbound.intake import Intake
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store
from support.service.approving_service import (
    ApprovingService,
    code_of,
    text_of,
    vouched,
)


@pytest.fixture
def service(store: Store, tmp_path: Path) -> ApprovingService:
    """A service where replies may approve."""
    return ApprovingService(store, tmp_path / "data")


def refused(service: ApprovingService, record: Received, why: Why) -> str:
    """Check that a reply approved nothing and its author was told why; returns what they got."""
    assert not service.is_approved()
    assert record.state is MailState.HANDLED
    assert f"({why})" in record.reason
    told = service.events()
    assert [one["reason"] for one in told if one["type"] == "campaign.approval_refused"][-1] == why
    (answer,) = service.sent()
    assert answer["To"] == record.sender
    assert answer["Auto-Submitted"] == "auto-replied"
    return " ".join(text_of(answer).split())


def shown(service: ApprovingService, record: Received) -> None:
    """Check that a mail approved nothing, waits for a person, and is answered to nobody."""
    assert not service.is_approved()
    assert record.state is MailState.WAITING
    assert service.sent() == []


@pytest.mark.parametrize("words", ["approve {code}", "Approve: {code}.\n\nBo\n-- \nBo, Secretary"])
def test_73_the_word_and_the_code_approve_as_that_user(
    service: ApprovingService, words: str
) -> None:
    """The good way: recorded as the user's act, by mail; nothing is sent by it."""
    mail = service.asked()
    record = service.says(mail, words.format(code=code_of(mail)))
    assert service.is_approved(), record.reason
    assert record.state is MailState.HANDLED
    assert service.campaigns.find(1).state is State.DRAFT
    done = [one for one in entries(service.store) if one.act == "campaigns.approve"]
    assert {(one.actor, one.via) for one in done} == {
        (f"user:{service.users['bo'].number}", "mail")
    }
    assert [one.phase.value for one in done] == ["begun", "done"]
    (answer,) = service.sent()
    assert answer["Subject"] == "The Bulletin: you approved “News”"
    assert "https://bulletin.example.org/console/campaigns/1" in text_of(answer)
    with service.as_("bo"):
        assert service.campaigns.send(1).state is State.SENDING


def test_an_approver_writes_in_their_language(service: ApprovingService) -> None:
    """Cy reads French."""
    mail = service.asked("cy")
    service.says(mail, f"Approuvé\u00a0: {code_of(mail)}")
    assert service.is_approved()
    assert (
        service.sent()[-1]["Subject"]
        == "The Bulletin\u00a0: vous avez approuvé «\u00a0Nouvelles\u00a0»"
    )


def test_what_is_said_below_is_left_to_a_person(service: ApprovingService) -> None:
    """A condition under the line is not lost (law 17)."""
    mail = service.asked()
    record = service.says(mail, f"approve {code_of(mail)}\nBut please change the date first.")
    assert service.is_approved()
    assert record.state is MailState.WAITING
    assert "says more" in record.reason


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("", Why.UNCLEAR),
        ("yes", Why.UNCLEAR),
        ("approve", Why.UNCLEAR),
        ("{code}", Why.UNCLEAR),
        ("do not approve {code}", Why.UNCLEAR),
        ("approve {code} if Ana agrees", Why.UNCLEAR),
        ("Dear Ada,\napprove {code}", Why.UNCLEAR),
        ("> approve {code}", Why.UNCLEAR),
        ("approve AAAAA-AAAAA", Why.WRONG_CODE),
        ("---------- Forwarded message ---------\nFrom: x@example.org\n\napprove {code}",
         Why.FORWARDED),
        ("approve {code}\n\n---------- Forwarded message ---------\nFrom: x@example.org\n\nText",
         Why.FORWARDED),
    ],
)  # fmt: skip
def test_74_other_words_approve_nothing(service: ApprovingService, words: str, why: Why) -> None:
    """No code, no word, somebody else's words, half a yes; the quoted mail has the code always."""
    mail = service.asked()
    text = refused(service, service.says(mail, words.format(code=code_of(mail))), why)
    assert "Nothing was approved" in text
    assert code_of(mail) not in text


def test_a_quotation_without_marks_approves_nothing(service: ApprovingService) -> None:
    """Some programs mark nothing: our own text above all must not be a line of assent."""
    mail = service.asked()
    record = service.get(
        str(mail["Reply-To"]), author="bo@example.org", header=vouched(), body=text_of(mail)
    )
    refused(service, record, Why.UNCLEAR)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Authentication-Results: mx.other.example; dmarc=pass header.from=example.org\n",
        vouched("evil.example"),
        vouched().replace("dmarc=pass", "dmarc=fail"),
        "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=example.org\n",
    ],
)
def test_73_a_from_that_its_domain_does_not_vouch_for_approves_nothing(
    service: ApprovingService, header: str
) -> None:
    """Whoever has the mail, by a forwarding rule say, can write any From; the user is told."""
    mail = service.asked()
    record = service.says(mail, f"approve {code_of(mail)}", header=header)
    assert "does not vouch" in refused(service, record, Why.UNVOUCHED)
    service.says(mail, f"approve {code_of(mail)}", header=header)
    assert service.sent() == []  # a forger does not flood the user's mailbox


@pytest.mark.parametrize("author", ["eve@evil.example", "ana@readers.example"])
def test_74_strangers_are_for_a_person(service: ApprovingService, author: str) -> None:
    """Forwarded to somebody who is no user, whoever vouches for them: no answer, nothing done."""
    mail = service.asked()
    domain = author.partition("@")[2]
    shown(
        service,
        service.says(mail, f"approve {code_of(mail)}", author=author, header=vouched(domain)),
    )


def test_two_authors_are_nobody(service: ApprovingService) -> None:
    """A From with two addresses is for programs that show only one (case 13)."""
    mail = service.asked()
    raw = (
        f"{vouched()}From: bo@example.org, eve@evil.example\nTo: {mail['Reply-To']}\n"
        f"Subject: x\n\napprove {code_of(mail)}\n"
    ).replace("\n", "\r\n")
    shown(service, service.get(str(mail["Reply-To"]), author="bo@example.org", raw=raw.encode()))


def test_each_approver_has_an_address_and_a_code_of_their_own(service: ApprovingService) -> None:
    """Cy cannot approve by Bo's mail, nor with Bo's code by Cy's own."""
    service.propose()
    to_bo, to_cy = service.told()
    theirs = {"author": "cy@example.org"}
    record = service.says(to_bo, f"approve {code_of(to_bo)}", **theirs)
    assert "adressé à quelqu’un d’autre" in refused(service, record, Why.OTHER_PERSON)
    record = service.says(to_cy, f"approve {code_of(to_bo)}")
    refused(service, record, Why.WRONG_CODE)
    record = service.says(to_bo, f"approve {code_of(to_bo)}", header="", **theirs)
    shown(service, record)


def test_a_token_that_we_did_not_sign_is_no_address_of_ours(service: ApprovingService) -> None:
    """A mail to it is refused before it is taken in."""
    mail = service.asked()
    local, _, domain = str(mail["Reply-To"]).partition("@")
    assert service.intake.address(f"{local}@{domain}")
    for other in (f"{local[:-1]}{'x' if local[-1] != 'x' else 'y'}", "bulletin-approve"):
        assert service.intake.address(f"{other}@{domain}") is None


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied\n",
        "X-Autoreply: yes\n",
        "Precedence: bulk\n",
        "List-Id: <staff.example.org>\n",
        "X-Loop: bulletin@lists.example.org\n",
    ],
)
def test_machines_and_lists_approve_nothing_and_get_no_answer(
    service: ApprovingService, header: str
) -> None:
    """Law 8, and what a list has rewritten may be anybody's."""
    mail = service.asked()
    service.says(mail, f"approve {code_of(mail)}", header=vouched() + header)
    assert not service.is_approved()
    assert service.sent() == []


def test_a_null_sender_approves_nothing(service: ApprovingService) -> None:
    """A person's mail has a return path."""
    mail = service.asked()
    record = service.says(mail, f"approve {code_of(mail)}", sender="")
    assert not service.is_approved()
    assert service.sent() == []
    assert record.state is MailState.HANDLED


def test_74_a_reply_counts_once(service: ApprovingService) -> None:
    """A replay approves nothing, even after the approval was withdrawn and the same proposed."""
    mail = service.asked()
    words = f"approve {code_of(mail)}"
    service.says(mail, words)
    service.approvals.withdraw(1)
    service.propose()
    service.sent()
    record = service.says(mail, words)
    assert f"({Why.USED})" in record.reason
    assert service.approvals.waiting()
    assert "taken before" in text_of(service.sent()[-1])


def test_a_crash_after_the_approval_tells_the_approver_that_it_counted(
    service: ApprovingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail is read again: it finds that it was taken, and does not call itself a replay."""
    mail = service.asked()
    with monkeypatch.context() as broken:
        broken.setattr(inbound, "move", _crash)
        with pytest.raises(RuntimeError):
            service.says(mail, f"approve {code_of(mail)}")
    assert service.is_approved()
    service.clock.advance(timedelta(hours=1))
    service.intake.sweep()
    number = service.mails()[-1].number
    service.intake.process(number)
    assert inbound.get(service.store, number).state is MailState.HANDLED
    assert service.sent()[-1]["Subject"] == "The Bulletin: you approved “News”"
    done = [one.phase.value for one in entries(service.store) if one.act == "campaigns.approve"]
    assert done == ["begun", "done"]


def _crash(*_: object) -> None:
    raise RuntimeError("the worker is gone")


def test_a_reply_counts_for_a_week(service: ApprovingService) -> None:
    """A mailbox that is opened after years approves nothing."""
    mail = service.asked()
    service.clock.advance(VALID)
    record = service.says(mail, f"approve {code_of(mail)}")
    assert "a week old" in refused(service, record, Why.EXPIRED)


@pytest.mark.parametrize("change", ["text", "readers", "time"])
def test_what_has_changed_since_is_not_approved(service: ApprovingService, change: str) -> None:
    """The consent is to what the mail showed, and to nothing else."""
    mail = service.asked()
    if change == "text":
        service.publish("And a word that nobody has seen.\n")
    elif change == "readers":
        service.store.redis.hset("mailer:campaign:1", "not_yet", "1")
    else:
        service.propose(at=service.clock.now() + timedelta(days=1))
    record = service.says(mail, f"approve {code_of(mail)}")
    assert "no longer what you were asked" in refused(service, record, Why.CHANGED)


def test_what_was_withdrawn_or_started_is_not_approved(service: ApprovingService) -> None:
    """Nothing is left to approve."""
    mail = service.asked()
    service.approvals.withdraw(1)
    refused(service, service.says(mail, f"approve {code_of(mail)}"), Why.WITHDRAWN)


def test_who_may_not_any_more_approves_nothing_and_the_audit_log_tells(
    service: ApprovingService,
) -> None:
    """The right is asked for when the reply comes, not when the mail was sent."""
    mail = service.asked()
    users.give_role(service.store, service.clock.now(), "bo@example.org", Role.EDITOR)
    record = service.says(mail, f"approve {code_of(mail)}")
    refused(service, record, Why.NO_RIGHT)
    last = [one for one in entries(service.store) if one.act == "campaigns.approve"][-1]
    assert (last.phase.value, last.via, last.code) == ("refused", "mail", "not_allowed")


def test_a_disabled_user_approves_nothing(service: ApprovingService) -> None:
    """They are nobody any more: a person sees the mail, and they get no answer."""
    mail = service.asked()
    users.disable(service.store, service.clock.now(), "bo@example.org")
    shown(service, service.says(mail, f"approve {code_of(mail)}"))


def test_whoever_proposed_it_meanwhile_is_no_second_person(service: ApprovingService) -> None:
    """Ada proposed, Bo was asked, then Bo proposes the same himself."""
    mail = service.asked()
    service.propose("bo")
    refused(service, service.says(mail, f"approve {code_of(mail)}"), Why.OWN)


def test_74_codes_are_not_guessed(service: ApprovingService) -> None:
    """After five wrong ones the right one is worth nothing, and one answer a day is enough."""
    mail = service.asked()
    for guess in range(MOST_WRONG):
        service.says(mail, f"approve AAAAA-AAAA{guess}")
    assert len(service.sent()) == 1
    record = service.says(mail, f"approve {code_of(mail)}")
    refused(service, record, Why.LOCKED)


def test_unvouched_guesses_lock_nobody_out(service: ApprovingService) -> None:
    """Whoever knows the address but is not the approver cannot spend their tries."""
    mail = service.asked()
    for guess in range(MOST_WRONG + 1):
        service.says(mail, f"approve AAAAA-AAAA{guess}", header="")
    service.says(mail, f"approve {code_of(mail)}")
    assert service.is_approved()


def test_switched_off_it_approves_nothing(service: ApprovingService) -> None:
    """Mails of before do not outlive the setting."""
    mail = service.asked()
    off = service.settings.model_copy(update={"approve_by_mail": False})
    handler = type(service.replies)(service.store, off, service.clock)
    service.intake = Intake(service.store, off, service.clock, {}, handler.at_addresses())
    record = service.says(mail, f"approve {code_of(mail)}")
    assert "switched off" in refused(service, record, Why.OFF)


def test_the_same_mail_twice_is_one(service: ApprovingService) -> None:
    """A mail system that delivers twice changes nothing."""
    mail = service.asked()
    fields: dict[str, Any] = {"header": vouched()}
    service.says(mail, f"approve {code_of(mail)}", **fields)
    service.count -= 1  # the same Message-ID, and all else
    service.says(mail, f"approve {code_of(mail)}", **fields)
    assert service.types().count("campaign.approved") == 1
    assert len(service.sent()) == 1
