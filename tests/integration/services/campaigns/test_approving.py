"""No front end, and no tick of the scheduler, sends what a second person must approve."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.access.actor import Actor, Kind, operator
from mailer.domain.access.approval import Lack
from mailer.domain.access.rights import RIGHTS, Role
from mailer.domain.campaigns.campaign import Campaign, State
from mailer.domain.subscribers.address import parse_address
from mailer.errors import NotAllowedError, NotFoundError, StateError
from mailer.services.access import api_tokens, users
from mailer.services.access.acting import Recorder, acting_as
from mailer.services.campaigns.approving import (
    ApprovalNeededError,
    Approvals,
    SecondPersonError,
)
from mailer.services.campaigns.starting import Start
from mailer.services.operation.tick import Tick
from mailer.services.segments.named import Segments
from mailer.store.server.connection import Store
from support.service.small_campaign import SmallService, settings_for

As = Callable[[str, Role], AbstractContextManager[None]]
AT = datetime(2023, 4, 13, 7, 0, tzinfo=UTC)


@pytest.fixture
def service(store: Store, tmp_path: Path) -> SmallService:
    """A service where every bulletin needs a second person, with a draft of one."""
    settings = settings_for(
        tmp_path, approval_for=["bulletin"], secret_key_file=tmp_path / "secret.key"
    )
    service = SmallService(store, settings)
    service.subscribe("ana@example.org")
    service.campaigns.create("small", "bulletin")
    for name in ("ada", "bo"):
        whose = parse_address(f"{name}@example.org")
        users.add(store, settings, service.clock.now(), whose, name=name, role=Role.OWNER)
    return service


@pytest.fixture
def as_(service: SmallService) -> As:
    """Let a user act."""
    recorder = Recorder(service.store, service.settings, service.clock)

    def acting(person: str, role: Role) -> AbstractContextManager[None]:
        actor = Actor(Kind.USER, person, RIGHTS[role], person, f"user:{person}", "console")
        return acting_as(actor, recorder)

    return acting


def approvals_of(service: SmallService) -> Approvals:
    """Return the use cases of approval."""
    return Approvals(service.store, service.settings, service.clock)


def lack_at_send(service: SmallService) -> Lack | None:
    """Try to send, and return why it was refused."""
    try:
        service.campaigns.send(1)
    except ApprovalNeededError as error:
        return error.lack
    return None


def test_one_proposes_and_another_approves(service: SmallService, as_: As) -> None:
    """The usual way: an editor proposes, a sender approves and sends."""
    with as_("1", Role.EDITOR):
        approvals_of(service).propose(1)
    assert lack_at_send(service) is Lack.NOT_APPROVED
    with as_("2", Role.SENDER):
        approvals_of(service).approve(1)
        assert service.campaigns.send(1).state is State.SENDING


def test_nothing_is_sent_without_a_proposal(service: SmallService, as_: As) -> None:
    """Neither an owner nor the operator is above the rule."""
    with as_("1", Role.OWNER):
        assert lack_at_send(service) is Lack.NOT_PROPOSED
    recorder = Recorder(service.store, service.settings, service.clock)
    with acting_as(operator("root", "host"), recorder):
        assert lack_at_send(service) is Lack.NOT_PROPOSED
    status = service.campaigns.status(1)
    assert status.campaign.state is State.DRAFT
    assert (status.counts.planned, status.counts.balanced) == (0, True)


def test_nobody_approves_their_own(service: SmallService, as_: As) -> None:
    """Whatever session or token they come by, a person is one person."""
    with as_("1", Role.OWNER):
        approvals_of(service).propose(1)
        with pytest.raises(SecondPersonError):
            approvals_of(service).approve(1)
    assert lack_at_send(service) is Lack.NOT_APPROVED


def test_an_editor_cannot_approve(service: SmallService, as_: As) -> None:
    """A role that writes is apart from one that sends."""
    with as_("1", Role.EDITOR):
        approvals_of(service).propose(1)
    with as_("2", Role.EDITOR), pytest.raises(NotAllowedError):
        approvals_of(service).approve(1)


def test_a_change_of_the_text_voids_it(service: SmallService, as_: As) -> None:
    """What is sent is what the second person read."""
    with as_("1", Role.EDITOR):
        approvals_of(service).propose(1)
    with as_("2", Role.SENDER):
        approvals_of(service).approve(1)
    service.publish("One more sentence.")
    assert lack_at_send(service) is Lack.OTHER_CONTENT


def test_a_change_of_the_readers_voids_it(service: SmallService, as_: As) -> None:
    """Leaving out those who had it is another audience than was approved."""
    with as_("1", Role.EDITOR):
        approvals_of(service).propose(1)
    with as_("2", Role.SENDER):
        approvals_of(service).approve(1)
        with pytest.raises(ApprovalNeededError) as refused:
            service.campaigns.send(1, not_yet=True)
    assert refused.value.lack is Lack.OTHER_AUDIENCE


def test_a_change_of_the_segment_that_it_is_for_voids_it(
    store: Store, service: SmallService, as_: As
) -> None:
    """The name stays, and means other readers than those whom the second person had in view."""
    segments = Segments(store, service.settings, service.clock)
    segments.define("english", "lang:en")
    number = service.campaigns.create("small", "bulletin", rule="segment:english").number
    with as_("1", Role.EDITOR):
        approvals_of(service).propose(number)
    with as_("2", Role.SENDER):
        approvals_of(service).approve(number)
    segments.define("english", "lang:en or lang:fr")
    with pytest.raises(ApprovalNeededError) as refused:
        service.campaigns.send(number)
    assert refused.value.lack is Lack.OTHER_AUDIENCE
    segments.define("english", "lang:en")
    assert service.campaigns.send(number).state is State.SENDING


def test_readers_that_were_frozen_by_another_rule_are_not_those_approved(
    store: Store, service: SmallService, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A segment that is another for the moment of the start, and then again as it was."""
    segments = Segments(store, service.settings, service.clock)
    segments.define("english", "lang:en")
    number = service.campaigns.create("small", "bulletin", rule="segment:english").number
    with as_("1", Role.EDITOR):
        approvals_of(service).propose(number)
    with as_("2", Role.SENDER):
        approvals_of(service).approve(number)
    freeze = Start.freeze

    def meanwhile(start: Start, campaign: Campaign) -> None:
        segments.define("english", "lang:en or lang:fr")
        freeze(start, campaign)
        segments.define("english", "lang:en")

    monkeypatch.setattr(Start, "freeze", meanwhile)
    with pytest.raises(ApprovalNeededError) as refused:
        service.campaigns.send(number)
    assert refused.value.lack is Lack.OTHER_AUDIENCE


def test_what_is_withdrawn_while_it_starts_does_not_start(
    service: SmallService, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was told that it is withdrawn must not see it go out after that."""
    with as_("1", Role.EDITOR):
        approvals_of(service).propose(1)
    with as_("2", Role.SENDER):
        approvals_of(service).approve(1)
    require, left = Approvals.require, [1]

    def meanwhile(approvals: Approvals, *args: Any) -> None:
        require(approvals, *args)
        while left:
            approvals.withdraw(left.pop())

    monkeypatch.setattr(Approvals, "require", meanwhile)
    assert lack_at_send(service) is Lack.NOT_PROPOSED


def test_whoever_withdraws_what_is_scheduled_is_not_its_second_person(
    service: SmallService, as_: As
) -> None:
    """The service proposes only what it made: else one could have it propose what one changed."""
    with as_("1", Role.SENDER):
        approvals_of(service).propose(1, AT)
    with as_("2", Role.SENDER):
        approvals_of(service).approve(1)
    with as_("1", Role.SENDER):
        service.campaigns.schedule(1, AT, "UTC")
        service.publish("One more sentence.")
        approvals_of(service).withdraw(1)
    service.clock.advance(AT - service.clock.now())
    assert Tick(service.store, service.settings, service.clock).start_due() == []
    with as_("1", Role.SENDER), pytest.raises(NotFoundError):
        approvals_of(service).approve(1)
    assert service.campaigns.status(1).campaign.state is State.HELD


def test_a_token_in_a_colleagues_name_is_no_second_person(service: SmallService) -> None:
    """An owner can make tokens for others, and then has their text."""
    store, settings, clock = service.store, service.settings, service.clock
    recorder = Recorder(store, settings, clock)
    ada = users.get(store, 1).actor("console", "", proved=True)
    with acting_as(ada, recorder):
        approvals_of(service).propose(1)
        scopes = ["campaigns:approve"]
        made = api_tokens.add(store, clock.now(), "bo@example.org", name="x", scopes=scopes)
    bearer = api_tokens.bearer(store, made.text, "", clock.now())
    assert bearer is not None
    with acting_as(bearer, recorder), pytest.raises(SecondPersonError):
        approvals_of(service).approve(1)


def test_the_text_may_not_change_between_the_look_and_the_consent(
    service: SmallService, as_: As
) -> None:
    """Somebody approves what they have looked at, not what took its place meanwhile."""
    with as_("1", Role.EDITOR):
        seen = approvals_of(service).propose(1).terms.digest
        service.publish("One more sentence.")
    with as_("2", Role.SENDER), pytest.raises(ApprovalNeededError):
        approvals_of(service).approve(1)
    with as_("1", Role.EDITOR):
        approvals_of(service).propose(1)
    with as_("2", Role.SENDER), pytest.raises(ApprovalNeededError):
        approvals_of(service).approve(1, seen)


def test_what_was_approved_for_a_time_goes_out_then_and_not_before(
    service: SmallService, as_: As
) -> None:
    """The consent is to a time as well, and the scheduler keeps to it."""
    with as_("1", Role.EDITOR):
        approvals_of(service).propose(1, AT)
    with as_("2", Role.SENDER):
        approvals_of(service).approve(1)
        assert lack_at_send(service) is Lack.OTHER_TIME
        with pytest.raises(ApprovalNeededError):
            service.campaigns.schedule(1, AT + timedelta(hours=1), "UTC")
        service.campaigns.schedule(1, AT, "UTC")
        assert lack_at_send(service) is Lack.OTHER_TIME
    service.clock.advance(AT - service.clock.now())
    assert Tick(service.store, service.settings, service.clock).start_due() == [1]


def test_a_text_that_changed_after_scheduling_is_held(service: SmallService, as_: As) -> None:
    """The scheduler asks again when the time has come, and says why nothing went out."""
    with as_("1", Role.EDITOR):
        approvals_of(service).propose(1, AT)
    with as_("2", Role.SENDER):
        approvals_of(service).approve(1)
        service.campaigns.schedule(1, AT, "UTC")
    service.publish("One more sentence.")
    service.clock.advance(AT - service.clock.now())
    assert Tick(service.store, service.settings, service.clock).start_due() == []
    campaign = service.campaigns.status(1).campaign
    assert campaign.state is State.HELD
    assert "its content has changed since" in campaign.reason


def test_a_withdrawn_proposal_is_void(service: SmallService, as_: As) -> None:
    """Second thoughts count until it has begun."""
    with as_("1", Role.EDITOR):
        approvals_of(service).propose(1)
    with as_("2", Role.SENDER):
        approvals_of(service).approve(1)
        approvals_of(service).withdraw(1)
        with pytest.raises(NotFoundError):
            approvals_of(service).withdraw(1)
    assert lack_at_send(service) is Lack.NOT_PROPOSED


@pytest.mark.parametrize("how", ["disable", "role"])
def test_the_consent_of_somebody_who_may_not_give_it_any_more_is_void(
    service: SmallService, as_: As, how: str
) -> None:
    """Whoever's account was taken over is disabled; what was approved with it must not go out."""
    with as_("1", Role.OWNER):
        approvals_of(service).propose(1)
    with as_("2", Role.OWNER):
        approvals_of(service).approve(1)
    if how == "disable":
        users.disable(service.store, service.clock.now(), "bo@example.org")
    else:
        users.give_role(service.store, service.clock.now(), "bo@example.org", Role.EDITOR)
    assert lack_at_send(service) is Lack.APPROVER_GONE
    assert approvals_of(service).standing(service.campaigns.find(1)).lack is Lack.APPROVER_GONE


def test_many_readers_need_it_whatever_it_is(store: Store, tmp_path: Path) -> None:
    """The size alone can ask for a second person, counted when the audience is frozen."""
    service = SmallService(store, settings_for(tmp_path, approval_over=1))
    service.subscribe("ana@example.org")
    service.campaigns.create("small", "bulletin")
    service.subscribe("bo@example.org")
    assert lack_at_send(service) is Lack.NOT_PROPOSED
    assert approvals_of(service).standing(service.campaigns.find(1)).needed


def test_what_has_begun_is_named_once_in_the_refusal(service: SmallService, as_: As) -> None:
    """Whoever proposes too late reads which campaign it is about."""
    service.campaigns.cancel(1)
    with as_("1", Role.EDITOR), pytest.raises(StateError, match=r"^Cannot send campaign 1: "):
        approvals_of(service).propose(1)
