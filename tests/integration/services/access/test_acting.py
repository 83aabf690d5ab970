"""Every act is checked and recorded, whatever front end asks for it."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailer.clock import SimulatedClock
from mailer.config import Settings
from mailer.domain.access.actor import STRANGER, Actor, Kind
from mailer.domain.access.acts import ACTS
from mailer.domain.access.audit import Phase
from mailer.domain.access.rights import RIGHTS, Right, Role
from mailer.domain.campaigns.campaign import State
from mailer.domain.subscribers.address import parse_address
from mailer.errors import (
    MailerError,
    NotAllowedError,
    NotFoundError,
    ProofNeededError,
    StoreError,
)
from mailer.services.access import audit
from mailer.services.access.acting import Recorder, act, acting_as, looking, tell
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.subscriptions import subscribers
from mailer.store import keys
from mailer.store.access import audit as kept
from mailer.store.campaigns import records
from mailer.store.server.connection import Store
from support.places import ROOT

NOW = datetime(2026, 4, 26, 9, tzinfo=UTC)


def user(role: Role, *, proved: bool = True) -> Actor:
    """Return a user with a role."""
    return Actor(
        Kind.USER, "Ada", RIGHTS[role], "1", "user:1", "console", "192.0.2.1", proved=proved
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings with a secret key of their own."""
    return Settings(data_dir=tmp_path, secret_key_file=tmp_path / "secret.key")


@pytest.fixture
def clock() -> SimulatedClock:
    """Return a clock that stands still."""
    return SimulatedClock(NOW)


@pytest.fixture
def recorder(store: Store, settings: Settings, clock: SimulatedClock) -> Recorder:
    """Return the writer of the audit log."""
    return Recorder(store, settings, clock)


@pytest.fixture
def campaign(store: Store) -> int:
    """Return the number of a draft."""
    made = records.create(
        store,
        edition="spring",
        topic="bulletin",
        tags=(),
        unknown_policy="resend",
        not_yet=False,
        now=NOW,
    )
    return made.number


def phases(store: Store) -> list[tuple[str, Phase, str]]:
    """Return the audit log's acts, oldest first."""
    return [(one.act, one.phase, one.code) for one in audit.each(store)]


def test_whoever_lacks_the_right_is_refused_and_recorded(
    store: Store, settings: Settings, clock: SimulatedClock, recorder: Recorder, campaign: int
) -> None:
    """A role that writes cannot send, whatever front end asks."""
    with acting_as(user(Role.READER), recorder), pytest.raises(NotAllowedError) as refused:
        Campaigns(store, settings, clock).cancel(campaign)
    assert (refused.value.act, refused.value.right) == ("campaigns.cancel", "campaigns:stop")
    assert Campaigns(store, settings, clock).find(campaign).state is State.DRAFT
    assert phases(store) == [("campaigns.cancel", Phase.REFUSED, "not_allowed")]


def test_whoever_may_change_a_thing_sees_it_while_they_do(
    store: Store, settings: Settings, clock: SimulatedClock, recorder: Recorder, campaign: int
) -> None:
    """A front end tells what was done; the right to change is no right to look at others."""
    campaigns = Campaigns(store, settings, clock)
    only = replace(user(Role.SENDER), rights=frozenset({Right.CAMPAIGNS_STOP}))
    with acting_as(only, recorder):
        with looking("campaigns.cancel"):
            assert campaigns.find(campaign).state is State.DRAFT
            with pytest.raises(NotAllowedError):
                campaigns.send(campaign)
        with pytest.raises(NotAllowedError):
            campaigns.find(campaign)
        with pytest.raises(NotAllowedError), looking("campaigns.send"):
            pytest.fail("it must not come here")


def test_a_stranger_may_nothing_and_fills_no_log(
    store: Store, settings: Settings, clock: SimulatedClock, campaign: int
) -> None:
    """The public pages run as nobody; a route that forgot to ask does nothing."""
    with acting_as(STRANGER), pytest.raises(NotAllowedError):
        Campaigns(store, settings, clock).cancel(campaign)
    assert phases(store) == []


def test_an_act_is_recorded_before_and_after_with_what_it_changed(
    store: Store, settings: Settings, clock: SimulatedClock, recorder: Recorder, campaign: int
) -> None:
    """The record must tell who did what, when, from where, and what was before."""
    with acting_as(user(Role.SENDER), recorder):
        Campaigns(store, settings, clock).cancel(campaign)
    begun, done = audit.each(store)
    assert (begun.phase, begun.facts) == (Phase.BEGUN, {"number": campaign})
    assert (done.phase, done.begun, done.before) == (Phase.DONE, begun.number, {"state": "draft"})
    assert (done.actor, done.name, done.via, done.origin) == (
        "user:1",
        "Ada",
        "console",
        "192.0.2.1",
    )
    assert done.at == NOW


def test_a_refusal_by_the_use_case_is_recorded_with_its_code(
    store: Store, settings: Settings, clock: SimulatedClock, recorder: Recorder
) -> None:
    """An attempt that did not come about must be recorded too."""
    with acting_as(user(Role.SENDER), recorder), pytest.raises(NotFoundError):
        Campaigns(store, settings, clock).cancel(7)
    assert [phase for _, phase, _ in phases(store)] == [Phase.BEGUN, Phase.REFUSED]


def test_a_session_that_must_prove_itself_sends_nothing(
    store: Store, settings: Settings, clock: SimulatedClock, recorder: Recorder, campaign: int
) -> None:
    """A browser that was left open mails nobody."""
    with acting_as(user(Role.SENDER, proved=False), recorder):
        with pytest.raises(ProofNeededError):
            Campaigns(store, settings, clock).send(campaign)
        Campaigns(store, settings, clock).status(campaign)
    assert phases(store) == [("campaigns.send", Phase.REFUSED, "proof_needed")]


def test_what_the_service_does_by_itself_is_no_act(
    store: Store, settings: Settings, clock: SimulatedClock, campaign: int
) -> None:
    """Workers and the scheduler need no right; the event log tells of them."""
    Campaigns(store, settings, clock).cancel(campaign)
    assert phases(store) == []


def test_an_act_within_an_act_is_part_of_it(store: Store, recorder: Recorder) -> None:
    """One wish of a person is one act, however many use cases it takes."""

    @act("campaigns.cancel")
    def inner() -> None:
        tell(after={"inner": True})

    @act("editions.import")
    def outer() -> None:
        inner()

    with acting_as(user(Role.EDITOR), recorder):
        outer()
    assert phases(store) == [
        ("editions.import", Phase.BEGUN, ""),
        ("editions.import", Phase.DONE, ""),
    ]
    assert [one.after for one in audit.each(store)][1] == {"inner": True}


def test_a_change_within_a_look_needs_its_own_right_and_is_recorded(
    store: Store, recorder: Recorder
) -> None:
    """A look leaves no record, and so must not be a way to change something without one."""

    @act("editions.import")
    def change() -> None:
        tell(after={"changed": True})

    @act("editions.list")
    def look() -> None:
        change()

    with acting_as(user(Role.READER), recorder), pytest.raises(NotAllowedError):
        look()
    with acting_as(user(Role.EDITOR), recorder):
        look()
    assert phases(store) == [
        ("editions.import", Phase.REFUSED, "not_allowed"),
        ("editions.import", Phase.BEGUN, ""),
        ("editions.import", Phase.DONE, ""),
    ]


def test_a_crash_in_an_act_leaves_its_beginning(store: Store, recorder: Recorder) -> None:
    """Killed between the change and the end of its record, the log says that it was begun."""

    class Killed(BaseException):
        pass

    @act("editions.import")
    def use_case() -> None:
        raise Killed

    with acting_as(user(Role.EDITOR), recorder), pytest.raises(Killed):
        use_case()
    assert phases(store)[-1] == ("editions.import", Phase.FAILED, "Killed")
    assert phases(store)[0] == ("editions.import", Phase.BEGUN, "")


@pytest.mark.parametrize(("name", "done"), [("campaigns.cancel", True), ("editions.import", False)])
def test_without_a_record_only_what_stops_harm_is_done(
    store: Store, recorder: Recorder, name: str, done: bool
) -> None:
    """A full disk must not keep anybody from stopping a campaign; all else waits."""
    did = []
    use_case = act(name)(lambda: did.append(name))
    store.redis.set(keys.AUDIT, "no stream")  # XADD fails with WRONGTYPE
    with acting_as(user(Role.OWNER), recorder):
        try:
            use_case()
        except StoreError:
            assert not done
    assert bool(did) is done


def test_no_address_gets_into_the_log(store: Store, settings: Settings, recorder: Recorder) -> None:
    """An erasure cannot reach into a chained log, so no address may ever be in it."""
    address = parse_address("ada@example.org")
    with acting_as(user(Role.OWNER), recorder):
        put = subscribers.add(store, settings, NOW, address, name="Ada L.")
        subscribers.suppress(store, settings, NOW, address, "asked by ada@example.org")
        subscribers.erase(store, settings, NOW, address, "asked by letter")
    assert put.number in [(one.facts or {}).get("subscriber") for one in audit.each(store)]
    assert not [text for text in kept.stored(store) if b"example.org" in text or b"Ada L." in text]


def test_no_address_that_a_use_case_tells_gets_into_the_log(
    store: Store, recorder: Recorder
) -> None:
    """What a use case tells may be somebody's text, as what it was asked for may."""

    @act("editions.import")
    def use_case() -> None:
        tell(before={"title": "ana@example.org"}, after={"x": ["bo@example.org"]}, by="c@x.example")

    with acting_as(user(Role.EDITOR), recorder):
        use_case()
    told = [one.as_json() for one in audit.each(store)][-1]
    assert (told["before"], told["after"]) == ({"title": "(address)"}, {"x": ["(address)"]})
    assert told["facts"] == {"by": "(address)"}


def test_acts_are_listed_by_how_they_ended(
    store: Store, settings: Settings, clock: SimulatedClock, recorder: Recorder, campaign: int
) -> None:
    """A person reads one line for an act, with all that is known of it; what broke off shows."""
    sender = user(Role.SENDER)
    recorder.write(sender, "campaigns.send", Phase.BEGUN, facts={"number": campaign})
    with acting_as(sender, recorder):
        Campaigns(store, settings, clock).cancel(campaign)
    listed = [(one.act, one.phase) for one in audit.newest(store)]
    assert listed == [("campaigns.cancel", Phase.DONE), ("campaigns.send", Phase.BEGUN)]
    cancelled = audit.newest(store, 1)[0]
    assert cancelled.facts == {"number": campaign, "skipped": 0}
    assert [one.act for one in audit.newest(store, 50, cancelled.number)] == ["campaigns.send"]


def test_a_changed_or_missing_entry_shows(
    store: Store, settings: Settings, recorder: Recorder
) -> None:
    """A writer to the store must not be able to rewrite the record."""
    for _ in range(5):
        recorder.write(user(Role.OWNER), "campaigns.send", Phase.DONE)
    assert audit.verify(store, settings).whole
    noted = audit.verify(store, settings)
    store.redis.xdel(keys.AUDIT, "3-0")
    assert [flaw.number for flaw in audit.verify(store, settings).flaws] == [3]
    store.redis.xdel(keys.AUDIT, "5-0")
    assert 5 in [flaw.number for flaw in audit.verify(store, settings).flaws]
    store.redis.hset(keys.AUDIT_HEAD, mapping={"number": 4, "mac": "0" * 64})
    again = audit.verify(store, settings, number=noted.last, mac=noted.mac)
    assert [flaw.number for flaw in again.flaws] == [3, 4, 5]


def test_old_entries_go_and_the_rest_still_holds(
    store: Store, settings: Settings, recorder: Recorder, clock: SimulatedClock
) -> None:
    """The log is kept for as long as the setting says, and its chain outlives that."""
    for _ in range(4):
        recorder.write(user(Role.OWNER), "campaigns.send", Phase.DONE)
        clock.advance(timedelta(days=1000))
    gone = audit.prune(store, settings, clock.now())
    verdict = audit.verify(store, settings)
    assert (gone, verdict.first, verdict.last, verdict.whole) == (1, 2, 4, True)
    assert audit.prune(store, settings, clock.now()) == 0


def test_every_marked_use_case_is_in_the_table_and_each_act_has_one() -> None:
    """An act without a use case would be a right to nothing."""
    marked = set()
    for file in (ROOT / "mailer" / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "act":
                marked.add(ast.literal_eval(node.args[0]))
    # A session is begun by whoever is nobody yet, and recorded in their name afterwards.
    assert marked == set(ACTS) - {"sessions.begin"}


def test_rights_without_a_record_are_refused() -> None:
    """Nobody with rights acts unseen, by an error in a front end."""
    with pytest.raises(ValueError, match="recorder"), acting_as(user(Role.OWNER)):
        raise MailerError("")  # pragma: no cover
