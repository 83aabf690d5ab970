"""Who may approve a campaign is asked by mail: once for each proposal, and only while it stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailer.domain.access.mails import Topic
from mailer.domain.access.rights import Role
from mailer.services.access import users
from mailer.services.telling import following
from mailer.services.telling.following import MOST_ABOUT_ONE, Following
from mailer.store import outbox
from mailer.store.access import told_users
from mailer.store.outbox import State
from mailer.store.server.connection import Store
from support.service.approving_service import ApprovingService, code_of, text_of

MORNING = datetime(2023, 4, 13, 7, 0, tzinfo=UTC)


@pytest.fixture
def service(store: Store, tmp_path: Path) -> ApprovingService:
    """A service where every bulletin needs a second person."""
    return ApprovingService(store, tmp_path / "data", time_zone="Europe/Zurich")


def test_each_who_may_approve_is_asked_in_their_language(service: ApprovingService) -> None:
    """All that is needed to decide is in the mail; who proposed it gets none."""
    service.propose(at=MORNING)
    to_bo, to_cy = service.told()
    assert (to_bo["To"], to_cy["To"]) == ("bo@example.org", "cy@example.org")
    assert to_bo["Subject"] == "The Bulletin: “News” waits for your approval"
    text = text_of(to_bo)
    for said in (
        "Edition: small",
        "  English: News\n  French: Nouvelles\n",
        "Proposed by: Ada",
        "Readers: 3\n  English: 2\n  French: 1\n",
        "When: Thursday, 13 April 2023, 09:00 (Zurich, UTC+2)",
        "https://bulletin.example.org/console/campaigns/1",
        "> Hello in one paragraph.",
    ):
        assert said in text
    french = text_of(to_cy)
    assert "Quand\u00a0: Jeudi 13 avril 2023, 09:00 (Zurich, UTC+2)" in french
    assert "> 1. Bonjour" in french
    assert code_of(to_bo) != code_of(to_cy)
    assert to_bo["Reply-To"] != to_cy["Reply-To"]
    assert service.told() == []


def test_the_word_and_the_code_are_never_in_one_line_of_our_mail(
    service: ApprovingService,
) -> None:
    """A quotation without marks must not approve."""
    mail = service.asked()
    code = code_of(mail)
    assert [line.strip() for line in text_of(mail).splitlines() if code in line] == [code]


def test_without_the_setting_there_is_neither_code_nor_address(
    store: Store, tmp_path: Path
) -> None:
    """Off by default: the link is the only way."""
    service = ApprovingService(store, tmp_path / "data", approve_by_mail=False)
    mail = service.asked()
    assert "approve" not in str(mail["Reply-To"])
    assert "code below" not in text_of(mail)


@pytest.mark.parametrize("change", ["withdrawn", "text", "approved", "started"])
def test_what_is_not_to_be_decided_any_more_asks_nobody(
    service: ApprovingService, change: str
) -> None:
    """The mail may wait for a relay, and things go on meanwhile."""
    service.propose()
    service.following.work_off()
    if change == "withdrawn":
        service.approvals.withdraw(1)
    elif change == "text":
        service.publish("More.\n")
    else:
        with service.as_("bo"):
            service.approvals.approve(1)
            if change == "started":
                service.campaigns.send(1)
    assert service.sent() == []
    found = (outbox.get(service.store, number) for number in (1, 2))
    states = {one.state for one in found if one}
    assert states == {State.SKIPPED}


def test_a_proposal_that_is_changed_before_it_is_told_asks_about_the_last_one_only(
    service: ApprovingService,
) -> None:
    """Two proposals within two seconds are one question."""
    service.propose()
    service.propose(at=MORNING)
    mails = service.told()
    assert len(mails) == 2
    assert all("2023" in text_of(one).partition("The text")[0] for one in mails)


def test_who_does_not_want_them_may_not_or_is_not_there_gets_none(
    service: ApprovingService,
) -> None:
    """Chosen off; disabled; a role that may not; invited and never signed in."""
    at = service.clock.now()
    users.choose_mails(service.store, at, service.users["bo"].number, frozenset())
    service.user("di", Role.EDITOR)
    users.disable(service.store, at, service.user("ed", Role.SENDER).address)
    assert [one["To"] for one in [service.asked("cy")]] == ["cy@example.org"]
    assert service.queued() == ["approval"]


def test_what_the_service_proposes_any_person_may_approve(service: ApprovingService) -> None:
    """A notice that is held asks all who may, an editor not."""
    service.approvals.propose(1)
    mails = service.told()
    assert len(mails) == 2
    assert "Proposed by: The service itself" in text_of(mails[0])


def test_proposing_again_and_again_floods_no_mailbox(service: ApprovingService) -> None:
    """A script or a grudge can propose a thousand times a day."""
    for _ in range(MOST_ABOUT_ONE + 3):
        service.clock.advance(timedelta(minutes=1))
        service.propose()
        service.following.work_off()
    assert service.queued().count("approval") == 2 * MOST_ABOUT_ONE


def test_a_user_gets_so_many_mails_a_day_whatever_happens(
    service: ApprovingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last line against anything that repeats."""
    monkeypatch.setattr(following, "MOST_A_DAY", 1)
    service.asked()
    service.clock.advance(timedelta(minutes=1))
    service.propose(at=MORNING)
    assert service.told() == []


def test_two_ticks_at_once_tell_once(service: ApprovingService) -> None:
    """The log is read on by one of them; the other finds that out and does nothing."""
    service.propose()
    given = (service.store, service.settings, service.clock)
    assert [Following(*given).work_off(), Following(*given).work_off()] == [2, 0]


def test_one_event_that_cannot_be_told_does_not_stop_the_others(
    service: ApprovingService,
) -> None:
    """A defect in one mail must not silence all alerts from then on."""
    service.store.redis.xadd("mailer:events", {"type": "campaign.proposed", "campaign": "x"})
    service.propose()
    assert len(service.told()) == 2


def test_a_crash_before_the_commit_asks_later_and_after_it_not_again(
    service: ApprovingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 9: the letters and how far the log was read are on disk together."""
    service.propose()
    with monkeypatch.context() as broken:
        broken.setattr(told_users, "advance", _crash)
        with pytest.raises(RuntimeError):
            service.following.work_off()
    assert service.queued() == []
    assert len(service.told()) == 2
    assert service.told() == []


def _crash(*_: object) -> bool:
    raise RuntimeError("the worker is gone")


def test_topics_are_kept_with_the_user(service: ApprovingService) -> None:
    """What was chosen is there after a restart."""
    number, at = service.users["bo"].number, service.clock.now()
    users.choose_mails(service.store, at, number, frozenset({Topic.ALL_FINISHED}))
    assert users.get(service.store, number).mails == frozenset({Topic.ALL_FINISHED})
    assert "user.changed" in service.types()
