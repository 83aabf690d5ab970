"""In any order of readers' acts, the store agrees with a simple model of the laws."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from mailer.clock import SimulatedClock
from mailer.config import Settings, secret_key
from mailer.domain.access.token import suppression_hash
from mailer.domain.events import Event
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import Action, Status
from mailer.errors import NotFoundError, StateError
from mailer.services.subscriber_files.importing import import_csv
from mailer.services.subscriptions import subscribers as service
from mailer.store import events, keys
from mailer.store.server.connection import Store, opened
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers.suppression import Suppression
from support.patience import PATIENCE

START = datetime(2023, 4, 1, 9, tzinfo=UTC)
PEOPLE = ("ann@example.org", "bob@example.net", "zoë@example.com")
WHO = st.sampled_from(PEOPLE)
LANGUAGE = st.sampled_from(["", "en", "fr"])
WORDS = st.sampled_from(["", "bulletin", "meetings", "bulletin meetings"])
TAGS = st.sampled_from(["", "-", "member", "member press"])


@dataclass
class Reader:
    """The model's knowledge of one reader."""

    number: int
    status: str
    language: str
    topics: str
    tags: str


FITTING = {
    Action.CONFIRM: {"pending", "active", "suspended", "unsubscribed", "withdrawn"},
    Action.RETURN: {"active", "unsubscribed"},
    Action.REINSTATE: {"suspended"},
}
"""The acts that can bring somebody back, and from where: never from a complaint (law 7)."""


class Readers(RuleBasedStateMachine):
    """Does things to readers, in the store and in a model of dictionaries."""

    store: Store
    settings: Settings
    folder: Path

    @initialize()
    def begin(self) -> None:
        """Begin with an empty list."""
        self.store.redis.flushall()
        self.clock = SimulatedClock(START)
        self.readers: dict[str, Reader] = {}
        self.suppressed: set[str] = set()
        self.left: set[str] = set()
        self.last = 0

    @rule(
        lines=st.lists(
            st.tuples(WHO, LANGUAGE, WORDS, TAGS), unique_by=lambda line: line[0], min_size=1
        )
    )
    def load(self, lines: list[tuple[str, str, str, str]]) -> None:
        """Import a file."""
        file = self.folder / "readers.csv"
        text = "".join(f"{','.join(line)}\n" for line in lines)
        file.write_text(f"address,language,topics,tags\n{text}", encoding="utf-8")
        report = import_csv(self.store, self.settings, self.clock, file)
        refused = [self.vouch(*line) for line in lines].count(False)
        assert report.refused == refused

    @rule(line=st.tuples(WHO, LANGUAGE, WORDS, TAGS))
    def add(self, line: tuple[str, str, str, str]) -> None:
        """Add a reader by hand."""
        who, language, topics, tags = line
        allowed = self.vouch(who, language, topics, tags)
        try:
            service.add(
                self.store,
                self.settings,
                self.clock.now(),
                parse_address(who),
                language=language,
                topics=topics,
                tags=tags,
            )
        except service.LeftAloneError:
            assert not allowed
        else:
            assert allowed

    def vouch(self, who: str, language: str, topics: str, tags: str) -> bool:
        """Tell the model of an import, and whether it may."""
        reader = self.readers.get(who)
        if who in self.suppressed or (
            reader and reader.status not in {"active", "pending", "withdrawn"}
        ):
            return False
        if reader is None:
            self.last += 1
            reader = Reader(self.last, "active", "en", "bulletin", "")
            self.readers[who] = reader
        reader.status = "active"
        reader.language = language or reader.language
        reader.topics = topics or reader.topics
        reader.tags = tags.replace("-", "") if tags else reader.tags
        return True

    @rule(who=WHO, action=st.sampled_from([one for one in Action if one is not Action.VOUCH]))
    def act(self, who: str, action: Action) -> None:
        """Let something happen to a reader."""
        reader = self.readers.get(who)
        if reader is None:
            return
        try:
            _, move = service.change(self.store, reader.number, action, self.clock.now())
        except StateError:
            assert reader.status not in FITTING[action]
            return
        assert reader.status in FITTING.get(action, {*Status})
        if move.to is Status.ACTIVE and reader.status != "active":
            assert action in FITTING
        reader.status = move.to.value

    @rule(who=WHO)
    def erase(self, who: str) -> None:
        """Erase a reader."""
        try:
            number = service.erase(
                self.store, self.settings, self.clock.now(), parse_address(who), "asked"
            )
        except NotFoundError:
            assert who not in self.readers
            return
        assert self.readers.pop(who).number == number
        self.suppressed.add(who)

    @rule(who=WHO, lift=st.booleans())
    def suppress(self, who: str, *, lift: bool) -> None:
        """Suppress an address, or lift that."""
        do = service.unsuppress if lift else service.suppress
        changed = do(self.store, self.settings, self.clock.now(), parse_address(who), "asked")
        assert changed == ((who in self.suppressed) == lift)
        (self.suppressed.discard if lift else self.suppressed.add)(who)

    @rule()
    def wait(self) -> None:
        """Let a day go by."""
        self.clock.advance(timedelta(days=1))

    @invariant()
    def laws_4_and_7_the_bitmaps_tell_what_the_model_tells(self) -> None:
        """Compare every bitmap that a delivery is checked against, or an audience made of."""
        numbers = range(self.last + 8)
        for kind, bitmap, values in (
            ("status", keys.status_bits, [status.value for status in Status]),
            ("language", keys.language_bits, ["en", "fr"]),
            ("topics", keys.topic_bits, ["bulletin", "meetings"]),
            ("tags", keys.tag_bits, ["member", "press"]),
        ):
            for value in values:
                expected = {
                    r.number for r in self.readers.values() if value in getattr(r, kind).split()
                }
                assert self.bits(bitmap(value), numbers) == expected
        suppressed = {r.number for who, r in self.readers.items() if who in self.suppressed}
        assert self.bits(keys.SUPPRESSED, numbers) == suppressed

    def bits(self, bitmap: str, numbers: Iterable[int]) -> set[int]:
        """Read a bitmap."""
        return {number for number in numbers if self.store.redis.getbit(bitmap, number)}

    @invariant()
    def every_reader_is_as_the_model_has_it(self) -> None:
        """Compare what `show` and `export` read."""
        found = list(subscribers.each(self.store))
        assert {
            one.number: (one.address, one.status.value, one.language, one.topics, one.tags)
            for one in found
        } == {
            r.number: (who, r.status, r.language, tuple(r.topics.split()), tuple(r.tags.split()))
            for who, r in self.readers.items()
        }
        assert subscribers.count(self.store).total == len(self.readers)

    @invariant()
    def law_9_the_log_adds_up_to_the_list(self) -> None:
        """Replay the events: added less erased is who is there."""
        there = 0
        for _, event in events.read(self.store):
            there += int(event.get("added", 0)) + (event["type"] == "subscriber.added")
            there -= event["type"] == "subscriber.erased"
        assert there == len(self.readers)

    @invariant()
    def nothing_of_the_erased_is_left(self) -> None:
        """Look for the addresses of the erased in everything but the log of numbers."""
        known = {address.decode() for address in self.store.redis.hkeys(keys.SUBSCRIBER_BY_ADDRESS)}
        assert known == set(self.readers)
        assert len(self.store.redis.keys(f"{keys.SUBSCRIBER}*")) == len(self.readers)


def test_laws_4_6_7_and_9_hold_in_any_order_of_events(store: Store, tmp_path: Path) -> None:
    """Imports, departures, complaints and erasures meet in orders that nobody thinks of."""

    class Machine(Readers):
        """The machine with its store."""

    Machine.store, Machine.folder = store, tmp_path
    Machine.settings = Settings(data_dir=tmp_path, secret_key_file=tmp_path / "secret.key")
    run_state_machine_as_test(
        Machine,
        settings=hypothesis_settings(max_examples=25, stateful_step_count=15, deadline=None),
    )


def test_a_decision_for_another_status_changes_nothing(store: Store) -> None:
    """Two who decide at once must not undo each other: the second one decides again."""
    subscribers_before = store.redis.keys("*")
    event = Event("subscriber.status", START, {"subscriber": 1})
    assert not subscribers.change_status(store, 1, Status.ACTIVE, Status.UNSUBSCRIBED, event)
    assert store.redis.keys("*") == subscribers_before


def test_erasing_reaches_what_campaigns_noted_about_a_reader(store: Store, tmp_path: Path) -> None:
    """A relay's refusal often quotes the address; it must go with the reader."""
    own = Settings(data_dir=tmp_path, secret_key_file=tmp_path / "secret.key")
    ann = parse_address("ann@example.org")
    number = service.add(store, own, START, ann).number
    store.redis.set(keys.CAMPAIGN_NEXT, 2)
    for campaign in (1, 2):
        store.redis.hset(
            keys.details(campaign), mapping={str(number): "550 ann@example.org", "9": "x"}
        )
    service.erase(store, own, START, ann, "asked")
    assert [store.redis.hkeys(keys.details(c)) for c in (1, 2)] == [[b"9"], [b"9"]]
    whole = b"".join(store.redis.dump(name) for name in store.redis.keys("*"))
    assert b"ann@example" not in whole


def test_erasing_reaches_the_log_on_disk(data_dir: Path, tmp_path: Path) -> None:
    """The append-only file tells all that ever was; a person erased must not be found in it."""
    own = Settings(data_dir=data_dir, secret_key_file=tmp_path / "secret.key")
    with opened(data_dir) as store:
        service.add(store, own, START, parse_address("ann@example.org"))
        assert b"ann@example" in on_disk(data_dir)
        service.erase(store, own, START, parse_address("ann@example.org"), "asked")
        deadline = time.monotonic() + PATIENCE
        while b"ann@example" in on_disk(data_dir):
            assert time.monotonic() < deadline


def on_disk(data_dir: Path) -> bytes:
    """Return the append-only files; they come and go while they are written anew."""
    found = b""
    for file in data_dir.rglob("*.aof"):
        with suppress(FileNotFoundError):
            found += file.read_bytes()
    return found


def test_a_complaint_suppresses_in_the_same_commit(store: Store, tmp_path: Path) -> None:
    """Between the two, a crash would leave somebody who complained open to the next list."""
    own = Settings(data_dir=tmp_path, secret_key_file=tmp_path / "secret.key")
    ann = parse_address("ann@example.org")
    number = service.add(store, own, START, ann).number
    record = Suppression("complaint", START)
    hashed = suppression_hash(secret_key(own), ann.key)
    for _ in range(2):
        service.change(store, number, Action.COMPLAIN, START, suppress=(hashed, record))
    assert service.look_up(store, own, ann).suppression == record
    assert store.redis.getbit(keys.SUPPRESSED, number)
    assert [event["type"] for _, event in events.read(store)] == [
        "subscriber.added",
        "subscriber.status",
        "suppression.added",
    ]


def test_the_editions_that_a_reader_received_are_told_newest_first(store: Store) -> None:
    """A reader calls and asks what they were sent; only messages that a relay took count."""
    store.redis.set(keys.CAMPAIGN_NEXT, 3)
    store.redis.sadd(keys.LANGUAGES, "fr", "en")
    for campaign, edition, accepted in (
        (1, "winter-2022", 1),
        (2, "lost-2022", 0),
        (3, "spring-2023", 1),
    ):
        store.redis.hset(keys.campaign(campaign), "edition", edition)
        store.redis.setbit(keys.ledger(campaign, "accepted"), 7, accepted)
        store.redis.setbit(keys.delivery_language(campaign, "fr"), 7, 1)
    store.redis.setbit(keys.ledger(1, "bounced"), 7, 1)
    assert list(service.editions_received(store, 7)) == [
        service.Received(3, "spring-2023", "fr"),
        service.Received(1, "winter-2022", "fr", "bounced"),
    ]


@pytest.mark.parametrize("count", [1, 7, 8, 2_500])
def test_every_reader_is_read_once_in_order(store: Store, tmp_path: Path, count: int) -> None:
    """An export goes through windows and batches; their edges must lose nobody."""
    own = Settings(data_dir=tmp_path, secret_key_file=tmp_path / "secret.key")
    file = tmp_path / "many.csv"
    lines = "".join(f"r{n}@example.org,{'en' if n % 2 else 'fr'}\n" for n in range(1, count + 1))
    file.write_text(f"address,language\n{lines}", encoding="utf-8")
    import_csv(store, own, SimulatedClock(START), file)
    assert [one.number for one in subscribers.each(store)] == list(range(1, count + 1))
    odd = subscribers.each(store, status="active", language="en")
    assert [one.number for one in odd] == list(range(1, count + 1, 2))
