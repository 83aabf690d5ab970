"""Readers are found by a part of their address or name, chosen by what they have, and counted."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import Action
from mailer.services.subscriptions import listing as reading
from mailer.services.subscriptions import reader_search, subscribers
from mailer.services.subscriptions.details import Details, change_details
from mailer.services.subscriptions.listing import Filter, Listing
from mailer.services.subscriptions.reader_search import ReaderSearch, holds
from mailer.store.server.connection import Store
from mailer.store.subscribers import choosing, records
from support.service.segment_service import SegmentService


@pytest.fixture
def service(store: Store, data_dir: Path) -> SegmentService:
    """A service with some readers."""
    service = SegmentService(store, data_dir)
    for number, name in enumerate(("Zoé García", "Ana Müller", "Ben", "Zoe Li"), 1):
        language, tags = ("en", "fr")[number % 2], "press" if number > 2 else ""
        service.put(number, language=language, tags=tags, name=name)
    return service


def listing(service: SegmentService) -> Listing:
    """Return what lists them."""
    return Listing(service.store, service.settings)


def found(lists: Listing, chosen: Filter, *, newest: bool = False) -> list[int]:
    """Return the numbers of all pages."""
    numbers: list[int] = []
    after = 0
    while True:
        page = lists.page(chosen, after=after, most=2, newest=newest)
        numbers += [one.subscriber.number for one in page.found if one.subscriber]
        if page.following is None:
            return numbers
        after = page.following


@pytest.mark.parametrize(
    ("chosen", "numbers"),
    [
        (Filter(), [1, 2, 3, 4]),
        (Filter("ZOÉ"), [1, 4]),
        (Filter("zoe g"), [1]),
        (Filter("muller"), [2]),
        (Filter("reader-3@"), [3]),
        (Filter("zoe", tag="press"), [4]),
        (Filter(language="fr"), [1, 3]),
        (Filter(rule="tag:press and lang:fr"), [3]),
        (Filter("@example", rule="not tag:press"), [1, 2]),
        (Filter("nobody"), []),
        (Filter("a\nb"), []),
    ],
)
@pytest.mark.parametrize("few", [0, 20_000])
def test_readers_are_found_from_both_ends_and_counted(
    service: SegmentService,
    chosen: Filter,
    numbers: list[int],
    few: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A secretary types what a letter says, without capitals or accents, and pages on."""
    monkeypatch.setattr(reading, "FEW", few)
    lists = listing(service)
    assert found(lists, chosen) == numbers
    assert found(lists, chosen, newest=True) == numbers[::-1]
    assert lists.count(chosen).number == len(numbers)
    assert lists.chosen(chosen).bit_count() == len(numbers)


def test_what_changes_is_found_as_it_is_now(service: SegmentService) -> None:
    """A name that was corrected, a reader who is new, and one who was erased."""
    lists, now = listing(service), service.clock.now()
    assert found(lists, Filter("ben")) == [3]
    before = records.get(service.store, 3)
    assert before
    change_details(service.store, service.settings, now, before, Details(name="Cléo Ben-Ali"))
    who = parse_address("new@example.org")
    subscribers.add(service.store, service.settings, now, who, name="Benedict")
    service.erase(1)
    assert found(lists, Filter("cleo")) == [3]
    assert found(lists, Filter("ben")) == [3, 5]
    assert found(lists, Filter("garcia")) == []
    assert lists.count(Filter()).number == 4


def test_suppressed_readers_can_be_chosen(service: SegmentService) -> None:
    """They are looked for when somebody asks why nothing comes."""
    who = parse_address("reader-2@example.org")
    subscribers.suppress(service.store, service.settings, service.clock.now(), who, "asked")
    assert found(listing(service), Filter(suppressed=True)) == [2]


def test_search_waits_for_no_million_addresses(
    service: SegmentService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a thread reads them, a page shows what is read, and says that it is not all."""
    monkeypatch.setattr(reader_search, "AT_ONCE", 1)
    monkeypatch.setattr(reading, "FEW", 0)
    lists, stopped = listing(service), threading.Event()
    monkeypatch.setattr(ReaderSearch, "refresh", lambda _self: None)
    lists.search.keep_fresh(stopped)
    page = lists.page(Filter("reader"))
    assert ([one.subscriber.number for one in page.found if one.subscriber], page.whole) == (
        [1],
        False,
    )
    assert page.following == 1
    assert lists.count(Filter("reader")).more
    monkeypatch.undo()
    lists.search.refresh()
    stopped.set()
    assert lists.page(Filter("reader")).whole


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)


@given(st.lists(names, min_size=1, max_size=9), names, st.integers(0, 9))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_search_finds_all_that_hold_the_text_and_no_others(
    service: SegmentService, given_names: list[str], part: str, after: int
) -> None:
    """Whatever people are called, the text in memory and the record agree."""
    store = service.store
    texts = {number: (f"r{number}@example.org", one) for number, one in enumerate(given_names, 1)}
    service_search = ReaderSearch(store)

    def read(_store: Store, numbers: list[int]) -> list[tuple[str, str]]:
        return [texts[one] for one in numbers]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader_search, "BLOCK", 4)
        patch.setattr(choosing, "texts", read)
        patch.setattr(records, "last_number", lambda _store: len(texts))
        up = list(service_search.numbers(part, after))
        down = list(service_search.numbers(part, after, newest=True))
    sought = bool(reader_search.searched(part))
    wanted = [
        one for one, (address, name) in texts.items() if sought and holds(address, name, part)
    ]
    assert up == [one for one in wanted if one > after]
    assert down == [one for one in reversed(wanted) if not after or one < after]


def test_status_and_text_together(service: SegmentService) -> None:
    """Who left is still found, and told apart."""
    subscribers.change(service.store, 4, Action.REMOVE, service.clock.now())
    lists = listing(service)
    assert found(lists, Filter("zoe", status="active")) == [1]
    assert found(lists, Filter("zoe", status="unsubscribed")) == [4]
