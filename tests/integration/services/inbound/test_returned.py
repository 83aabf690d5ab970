"""Bounces, complaints and answers of closed addresses, by the numbers of the cases: mail in, all out.

The reports in `tests/corpus/cases` are filled in with what a relay really got.
"""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

import pytest

from mailer.domain.inbound.received import Incoming, MailState, Way
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import Action
from mailer.errors import StateError
from mailer.services.subscriptions import subscribers as secretariat
from mailer.store.inbound import mails as inbound
from mailer.store.inbound import reading
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers import suppression
from support.samples.returned_mail import ANA, CASES, ReturnedMail
from support.service.mail_service import text_of

OWNER = "secretariat@example.org"


@pytest.fixture
def service(store: Store, tmp_path: Path) -> ReturnedMail:
    """A service that believes its mail server, and has a secretariat."""
    return ReturnedMail(
        store, tmp_path / "data", authentication_server="mx.example.org", owner_address=OWNER
    )


class Decision(NamedTuple):
    """All that follows from a mail."""

    kind: str
    state: str
    status: str = "active"
    """The reader's status, afterwards."""
    bounces: tuple[str, ...] = ()
    """Severity, reason and effect of each recipient, as events tell them."""
    mails: tuple[str, ...] = ()
    """Service mails that were queued."""
    suppressed: bool = False
    events: tuple[str, ...] = ()
    """Types of those that are about neither a bounce nor a mail's way through the intake."""


HARD = ("hard user-unknown suspended",)
SUSPENDED = Decision("bounce", "handled", "suspended", HARD, events=("subscriber.status",))
IGNORED = Decision("bounce", "handled", events=("bounce.ignored",))
LATE = Decision("bounce", "handled", bounces=("soft network none",))
FULL = Decision("bounce", "handled", bounces=("soft mailbox-full counted",))
RECEIPT = Decision("receipt", "handled")
CLOSED = Decision("auto-reply", "waiting", mails=("closed",), events=("subscriber.flagged",))
COMPLAINED = Decision(
    "complaint",
    "handled",
    "complained",
    suppressed=True,
    events=("subscriber.complained", "subscriber.status", "suppression.added"),
)
UNPROVEN = Decision("complaint", "waiting", events=("complaint.ignored",))
NO_COMPLAINT = UNPROVEN._replace(state="handled")


def ours(reason: str) -> Decision:
    """Return what follows where mail is refused for our own sake."""
    return Decision(
        "bounce",
        "handled",
        bounces=(f"sender {reason} none",),
        mails=("alert",),
        events=("secretariat.alerted",),
    )


EXPECTED: dict[str, tuple[str, Decision]] = {
    "54-exim.eml": ("", SUSPENDED),
    "54-postfix.eml": ("", SUSPENDED),
    "55-absence.eml": ("", Decision("auto-reply", "handled")),
    "56-delayed.eml": ("", LATE),
    "57-delivered.eml": ("", RECEIPT),
    "57-expanded.eml": ("", RECEIPT),
    "57-relayed.eml": ("", RECEIPT),
    "58-full.eml": ("", FULL),
    "59-authentication.eml": ("", ours("authentication")),
    "59-block-list.eml": ("", ours("reputation")),
    "59-pointer.eml": ("", ours("authentication")),
    "59-policy.eml": ("", ours("policy")),
    "60-forwarded.eml": ("", SUSPENDED),
    "61-provider-notice-forged.eml": ("bulletin", IGNORED),
    "61-to-the-list.eml": ("bulletin", IGNORED),
    "62-provider-notice.eml": ("bulletin", SUSPENDED),
    "62-two-and-the-reader.eml": (
        "",
        SUSPENDED._replace(bounces=("soft mailbox-full none", *HARD)),
    ),
    "62-two.eml": (
        "",
        FULL._replace(bounces=("hard user-unknown none", "soft mailbox-full counted")),
    ),
    "64-de.eml": ("", CLOSED),
    "64-en.eml": ("", CLOSED),
    "64-es.eml": ("", CLOSED),
    "64-fr.eml": ("", CLOSED),
    "65-feedback-id.eml": ("bulletin-complaints", COMPLAINED),
    "65-message-id.eml": ("bulletin-owner", UNPROVEN),
    "65-nothing-of-ours.eml": ("bulletin-owner", UNPROVEN),
    "65-original-return-path.eml": ("abuse", COMPLAINED),
    "65-provider-notice.eml": ("bulletin-owner", COMPLAINED),
    "65-provider-notice-of-nothing.eml": ("bulletin-owner", UNPROVEN),
    "65-return-path.eml": ("", COMPLAINED),
    "66-outlook.eml": ("bulletin-owner", COMPLAINED),
    "66-outlook-bare.eml": ("bulletin-owner", UNPROVEN),
    "66-outlook-bare-unsigned.eml": ("bulletin-owner", UNPROVEN),
    "67-auth-failure.eml": ("bulletin-owner", NO_COMPLAINT),
    "67-not-spam.eml": ("bulletin-owner", NO_COMPLAINT),
    "68-result-not-of-our-server.eml": ("bulletin-complaints", UNPROVEN),
    "68-signed-by-another.eml": ("bulletin-complaints", UNPROVEN),
    "68-signed.eml": ("bulletin-complaints", COMPLAINED),
    "68-unsigned.eml": ("bulletin-complaints", UNPROVEN),
    "69-challenge.eml": ("", Decision("challenge", "handled")),
    "70-japanese.eml": ("", SUSPENDED),
    "70-qmail.eml": ("", SUSPENDED),
    "71-generic.eml": ("", SUSPENDED),
    "71-mailbox-disabled.eml": (
        "",
        SUSPENDED._replace(bounces=("hard suspended suspended",)),
    ),
    "72-garbage.eml": ("", Decision("unknown", "waiting")),
}
"""File -> our address that it comes to (empty: the return path), and what follows."""
_OWN = ("subscriber.", "suppression.", "bounce.", "complaint.", "secretariat.")


def decision(service: ReturnedMail, file: str, name: str) -> Decision:
    """Send an edition to a reader, take in a report about it, and return all that follows."""
    _, sent = service.campaign(ANA)
    before = len(service.events())
    to = f"{name}@lists.example.org" if name else ""
    kept = service.returned(file, sent[ANA], to)
    told = [event for event in service.events()[before:] if event["type"].startswith(_OWN)]
    return Decision(
        kept.kind,
        kept.state.value,
        service.status(ANA),
        tuple(
            f"{one['severity']} {one['reason']} {one['effect']}"
            for one in told
            if one["type"] == "subscriber.bounced"
        ),
        tuple(service.queued()),
        suppression.find(service.store, bytes(range(32)), ANA) is not None,
        tuple(one["type"] for one in told if one["type"] != "subscriber.bounced"),
    )


@pytest.mark.parametrize("file", EXPECTED)
def test_mail_that_comes_back_has_the_effect_that_it_should(
    service: ReturnedMail, file: str
) -> None:
    """The list keeps itself clean, and nobody is punished for what is not theirs."""
    name, expected = EXPECTED[file]
    assert decision(service, file, name) == expected


def test_every_report_has_an_expectation() -> None:
    """A sample that nothing looks at shows nothing."""
    assert {file.name for file in CASES.glob("*.eml")} == {*EXPECTED, "61-forged.eml"}


def test_61_a_forged_return_path_is_no_address_of_ours(service: ReturnedMail) -> None:
    """Otherwise a stranger could remove readers from the list one by one."""
    _, sent = service.campaign(ANA)
    local, _, domain = sent[ANA].sender.partition("@")
    forged = f"{local[:-1]}{'0' if local[-1] != '0' else '1'}@{domain}"
    assert service.intake.address(sent[ANA].sender) is not None
    assert service.intake.address(forged) is None
    kept = service.returned("61-forged.eml", sent[ANA], forged)  # an older intake let it in
    assert (kept.state, service.status(ANA)) == (MailState.HANDLED, "active")


def test_58_a_full_mailbox_suspends_after_five_days_with_one_notice(service: ReturnedMail) -> None:
    """A reader who can read it again is told how to come back, once."""
    _, sent = service.campaign(ANA)
    for day in range(7):
        service.returned("58-full.eml", sent[ANA])
        service.returned("58-full.eml", sent[ANA])
        assert service.status(ANA) == ("active" if day < 4 else "suspended")
        service.clock.advance(timedelta(days=1))
    assert service.queued() == ["suspended"]
    effects = [one["effect"] for one in service.told("subscriber.bounced")]
    assert effects == [*["counted", "repeated"] * 4, "suspended", *["late"] * 5]
    assert service.told("subscriber.status")[-1] == {
        "subscriber": "1",
        "from": "active",
        "to": "suspended",
        "reason": "mail came back: mailbox-full (mail 9)",
    }
    (notice,) = service.sent()
    assert notice["To"] == ANA
    assert notice["Subject"] == "The Bulletin does not reach you"
    assert "the mailbox is full" in unwrapped(notice)
    assert "bulletin-subscribe+en@lists.example.org" in text_of(notice)


def test_58_soft_bounces_far_apart_never_suspend(service: ReturnedMail) -> None:
    """A mailbox that is full now and then works."""
    for _ in range(8):
        _, sent = service.campaign(ANA)
        service.returned("58-full.eml", sent[ANA])
        service.clock.advance(timedelta(days=8))
    assert service.status(ANA) == "active"


def test_a_hard_bounce_suspends_without_a_notice(service: ReturnedMail) -> None:
    """Nobody lives there."""
    _, sent = service.campaign(ANA)
    service.returned("54-postfix.eml", sent[ANA])
    assert (service.status(ANA), service.queued()) == ("suspended", [])


def test_the_limits_are_settings(store: Store, tmp_path: Path) -> None:
    """An institution whose readers' servers err may be more patient."""
    service = ReturnedMail(
        store, tmp_path / "data", suspend_after_hard=2, suspend_after_soft=2, bounce_stale_days=3
    )
    _, sent = service.campaign(ANA, "bo@example.com")
    service.returned("54-postfix.eml", sent[ANA])
    service.returned("58-full.eml", sent["bo@example.com"])
    assert service.status(ANA) == service.status("bo@example.com") == "active"
    service.clock.advance(timedelta(days=1))
    service.returned("54-postfix.eml", sent[ANA])
    service.clock.advance(timedelta(days=2))
    service.returned("58-full.eml", sent["bo@example.com"])
    assert service.status(ANA) == "suspended"
    assert service.status("bo@example.com") == "active"


def unwrapped(mail: EmailMessage) -> str:
    """Return a mail's text on one line."""
    return " ".join(text_of(mail).split())


def come_back(service: ReturnedMail) -> None:
    """Subscribe again, and confirm."""
    service.get(service.own("subscribe"), author=ANA)
    service.reply(service.sent()[-1])


def test_63_an_older_bounce_than_the_reader_s_word_has_no_effect(service: ReturnedMail) -> None:
    """A reader who confirmed again has shown that the address works."""
    _, old = service.campaign(ANA)
    service.clock.advance(timedelta(days=1))
    service.returned("54-postfix.eml", old[ANA])
    come_back(service)
    assert service.status(ANA) == "active"
    service.clock.advance(timedelta(days=1))
    kept = service.returned("54-exim.eml", old[ANA])
    assert (kept.state, service.status(ANA)) == (MailState.HANDLED, "active")
    assert "older than the reader's last word" in kept.reason
    assert service.told("subscriber.bounced")[-1]["effect"] == "stale"
    _, new = service.campaign(ANA)
    service.returned("54-postfix.eml", new[ANA])
    assert service.status(ANA) == "suspended"


def test_confirming_again_clears_the_score(service: ReturnedMail) -> None:
    """Old trouble must not be held against a reader who came back."""
    for _ in range(4):
        _, sent = service.campaign(ANA)
        service.returned("58-full.eml", sent[ANA])
        service.clock.advance(timedelta(days=1))
    service.get(service.own("leave"), author=ANA)
    member = service.who(ANA)
    assert member is not None
    assert member.marks.count("s") == 4
    secretariat.change(service.store, member.number, Action.LEAVE, service.clock.now())
    come_back(service)
    found = service.who(ANA)
    assert found is not None
    assert (found.status.value, found.marks, found.bounced) == ("active", "", "")


def test_the_same_report_twice_or_read_again_counts_once(service: ReturnedMail) -> None:
    """Workers end in the middle, and people press requeue."""
    _, sent = service.campaign(ANA)
    kept = service.returned("58-full.eml", sent[ANA])
    service.clock.advance(timedelta(days=3))
    service.intake.requeue(kept.number)
    service.intake.process(kept.number)
    assert [one["effect"] for one in service.told("subscriber.bounced")] == ["counted", "repeated"]
    found = service.who(ANA)
    assert found is not None
    assert found.marks == "19459s"


def test_reports_in_one_lot_count_together(service: ReturnedMail) -> None:
    """Fifty reports are read at once; each must see what the one before did."""
    _, sent = service.campaign(ANA)
    reports = [
        Incoming(Way.LMTP, f"{n}@example.net", (sent[ANA].sender,), service.report(file, sent[ANA]))
        for n, file in enumerate(["58-full.eml", "58-full.eml", "54-postfix.eml", "54-exim.eml"])
    ]
    kept = service.get_all(reports)
    effects = [one["effect"] for one in service.told("subscriber.bounced")]
    assert effects == ["counted", "repeated", "suspended", "late"]
    assert [one.reason.rpartition("; ")[2] for one in kept] == [
        "counted",
        "counted before, on that day",
        "suspended",
        "not counted: gets no mail already",
    ]


def test_59_the_secretariat_is_told_once_a_day_for_each_reason(service: ReturnedMail) -> None:
    """A block list refuses a thousand mails; nobody reads a thousand alarms."""
    addresses = [f"r{n}@example.com" for n in range(5)]
    _, sent = service.campaign(*addresses)
    for address in addresses:
        service.returned("59-block-list.eml", sent[address])
    service.returned("59-authentication.eml", sent[addresses[0]])
    assert service.queued() == ["alert", "alert"]
    assert [one["reason"] for one in service.told("secretariat.alerted")] == [
        *("reputation", "authentication")
    ]
    service.clock.advance(timedelta(days=1))
    service.returned("59-block-list.eml", sent[addresses[1]])
    assert service.queued() == ["alert"] * 3
    first = service.sent()[0]
    assert first["To"] == OWNER
    assert first["Subject"].endswith("(reputation)")
    assert "block list" in unwrapped(first)
    assert "blocked using bl.example.net" in unwrapped(first).replace("> ", "")
    assert {service.status(address) for address in addresses} == {"active"}


def test_59_without_a_secretariat_s_address_the_log_of_events_tells(
    store: Store, tmp_path: Path
) -> None:
    """Nothing is lost because a setting is missing."""
    service = ReturnedMail(store, tmp_path / "data")
    _, sent = service.campaign(ANA)
    service.returned("59-block-list.eml", sent[ANA])
    service.returned("64-en.eml", sent[ANA])
    assert service.queued() == []
    assert len(service.told("secretariat.alerted")) == len(service.told("subscriber.flagged")) == 1


def test_64_the_secretariat_gets_the_answer_of_a_closed_address(service: ReturnedMail) -> None:
    """Only a person can tell whether a reader moved, or just cleans up."""
    _, sent = service.campaign(ANA)
    kept = service.returned("64-en.eml", sent[ANA], author=ANA)
    service.returned("64-fr.eml", sent[ANA], author=ANA)
    (letter,) = service.sent()
    assert (letter["To"], kept.state) == (OWNER, MailState.WAITING)
    text = text_of(letter)
    assert "> This email address is no longer in use." in text
    assert "mailer subscribers show 1" in text.replace("\n", " ")
    assert [one["subscriber"] for one in service.told("subscriber.flagged")] == ["1", "1"]


def test_64_an_answer_to_the_list_is_traced_by_its_author(service: ReturnedMail) -> None:
    """Many machines answer to the From field."""
    _, sent = service.campaign(ANA)
    service.returned("64-en.eml", sent[ANA], service.own())
    assert service.told("subscriber.flagged")[0]["subscriber"] == "1"


def test_65_who_complained_is_never_mailed_again(service: ReturnedMail) -> None:
    """The next edition, an import and a request must not bring the reader back."""
    _, sent = service.campaign(ANA, "bo@example.com")
    service.returned("65-feedback-id.eml", sent[ANA], service.own("owner"))
    with pytest.raises(secretariat.LeftAloneError):
        service.member(ANA)
    service.get(service.own("subscribe"), author=ANA)
    assert service.queued() == []
    _, again = service.campaign("bo@example.com")
    assert set(again) == {"bo@example.com"}


def test_65_complaints_in_one_lot_and_again_change_nothing_more(service: ReturnedMail) -> None:
    """Carriers report the same mail twice."""
    _, sent = service.campaign(ANA)
    for sender in ("a@example.net", "b@example.net"):
        service.returned("65-feedback-id.eml", sent[ANA], service.own("owner"), sender=sender)
    assert service.status(ANA) == "complained"
    assert service.types().count("suppression.added") == 1
    assert service.types().count("subscriber.status") == 1


def test_65_a_complaint_about_a_confirmation_is_one_too(service: ReturnedMail) -> None:
    """A person subscribed by a stranger who says so must not be asked again."""
    service.get(service.own("subscribe"), author=ANA)
    (mail,) = service.posted()
    service.returned("65-feedback-id.eml", mail, service.own("owner"))
    assert service.status(ANA) == "complained"


def test_68_without_a_server_to_believe_it_waits_and_says_why(store: Store, tmp_path: Path) -> None:
    """A missing setting must be found by a person who looks at waiting mail."""
    service = ReturnedMail(store, tmp_path / "data")
    _, sent = service.campaign(ANA)
    kept = service.returned("68-signed.eml", sent[ANA], service.own("complaints"))
    assert (kept.state, service.status(ANA)) == (MailState.WAITING, "active")
    assert "authentication_server is not set" in kept.reason


def test_a_bounce_of_who_is_erased_or_was_never_mailed_does_nothing(service: ReturnedMail) -> None:
    """Numbers are never given out again; and a token of other data names a stranger."""
    campaign, sent = service.campaign(ANA)
    (other,) = service.small.subscribe("bo@example.com")
    path = service.signer_path(campaign.mailing, other)
    kept = service.returned("54-postfix.eml", sent[ANA], path)
    assert (kept.state, service.status("bo@example.com")) == (MailState.HANDLED, "active")
    address = parse_address(ANA)
    secretariat.erase(service.store, service.settings, service.clock.now(), address, "asked")
    kept = service.returned("54-postfix.eml", sent[ANA])
    assert kept.state is MailState.HANDLED
    assert len(service.told("bounce.ignored")) == 2
    assert service.told("subscriber.bounced") == []


def test_a_trial_that_came_back_is_shown_to_a_person(service: ReturnedMail) -> None:
    """The secretary who sent it looks for it."""
    campaign, sent = service.campaign(ANA)
    path = service.signer_path(campaign.mailing, 0)
    assert service.returned("54-postfix.eml", sent[ANA], path).state is MailState.WAITING


def test_a_suspension_is_lifted_by_the_secretariat(service: ReturnedMail) -> None:
    """A reader calls and says that the mailbox works again."""
    _, sent = service.campaign(ANA)
    service.returned("54-postfix.eml", sent[ANA])
    service.clock.advance(timedelta(minutes=1))
    found = secretariat.find(service.store, parse_address(ANA))
    secretariat.reinstate(service.store, service.clock.now(), found, "called us")
    again = secretariat.find(service.store, parse_address(ANA))
    assert (again.status.value, again.marks) == ("active", "")
    service.returned("54-exim.eml", sent[ANA])
    assert service.status(ANA) == "active"  # of the mail before
    with pytest.raises(StateError, match="nothing to lift"):
        secretariat.reinstate(service.store, service.clock.now(), again, "twice")


def test_who_never_confirmed_is_not_reinstated(service: ReturnedMail) -> None:
    """Law 6: without consent there is nothing to come back to."""
    service.get(service.own("subscribe"), author=ANA)
    found = service.who(ANA)
    assert found is not None
    secretariat.change(service.store, found.number, Action.SUSPEND, service.clock.now())
    suspended = secretariat.find(service.store, parse_address(ANA))
    with pytest.raises(StateError, match="never confirmed"):
        secretariat.reinstate(service.store, service.clock.now(), suspended, "")


def test_the_raw_report_is_where_the_event_points(service: ReturnedMail) -> None:
    """A person who doubts a suspension looks at the words of the report."""
    _, sent = service.campaign(ANA)
    service.returned("54-postfix.eml", sent[ANA])
    (event,) = service.told("subscriber.bounced")
    assert event == {
        "subscriber": "1",
        "campaign": "1",
        "severity": "hard",
        "reason": "user-unknown",
        "status": "5.1.1",
        "mail": "1",
        "effect": "suspended",
        "points": "5",
    }
    assert b"User unknown in virtual" in inbound.raw(service.store, int(event["mail"]))


def test_what_is_counted_is_forgotten_with_the_reader(service: ReturnedMail) -> None:
    """Erasing leaves no word that a server said about the address."""
    campaign, sent = service.campaign(ANA)
    service.returned("54-postfix.eml", sent[ANA])
    key = f"mailer:campaign:{campaign.number}:bounces"
    assert service.store.redis.hexists(key, 1)
    address = parse_address(ANA)
    secretariat.erase(service.store, service.settings, service.clock.now(), address, "asked")
    assert not service.store.redis.hexists(key, 1)
    assert subscribers.get(service.store, 1) is None


def test_a_worker_that_ends_while_it_reads_a_report_loses_nothing(service: ReturnedMail) -> None:
    """Law 9: what a report does and that it was read are one commit; without the one, neither."""
    _, sent = service.campaign(ANA)
    report = service.report("54-postfix.eml", sent[ANA])
    service.intake.receive([Incoming(Way.LMTP, "", (sent[ANA].sender,), report)])
    begun = reading.begin(service.store, [1], service.clock.now(), 60)
    assert [one.attempts for one in begun] == [1]
    assert service.status(ANA) == "active"
    service.clock.advance(timedelta(minutes=2))
    assert service.intake.sweep() == [1]
    service.intake.process(1)
    assert service.status(ANA) == "suspended"
    service.intake.process(1)
    assert len(service.told("subscriber.bounced")) == 1
