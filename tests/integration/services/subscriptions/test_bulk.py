"""What is done to many readers is done to those whom a person saw, and may be done twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.domain.access.rights import Role
from mailer.domain.subscribers.address import parse_address
from mailer.errors import InputError, NotAllowedError
from mailer.services.access import audit
from mailer.services.access import users as use_cases
from mailer.services.access.acting import Recorder, acting_as
from mailer.services.operation.jobs import Jobs
from mailer.services.subscriptions import subscribers
from mailer.services.subscriptions.bulk import Bulk, NumberChangedError, Tally
from mailer.services.subscriptions.details import Details, change_details
from mailer.services.subscriptions.listing import Filter, Listing
from mailer.store import events
from mailer.store.access import users
from mailer.store.server.connection import Store
from mailer.store.subscribers import records
from support.service.console import add_user
from support.service.segment_service import SegmentService
from support.service.web_service import WebService


@pytest.fixture
def service(store: Store, data_dir: Path) -> SegmentService:
    """A service with six readers, four of them of the press."""
    service = SegmentService(store, data_dir)
    for number in range(1, 7):
        service.put(number, tags="press" if number > 2 else "", attributes={"country": "CH"})
    return service


@pytest.fixture
def bulk(service: SegmentService) -> Bulk:
    """Return what is tried."""
    given = (service.store, service.settings, service.clock)
    return Bulk(*given, Listing(service.store, service.settings))


PRESS = Filter(rule="tag:press")


def test_tags_are_given_and_taken(service: SegmentService, bulk: Bulk) -> None:
    """Twice is the same as once."""
    members = bulk.members(PRESS, 4)
    assert bulk.tag(members, ["vip"], ["press"]) == Tally(done=4)
    assert bulk.tag(members, ["vip"], ["press"]) == Tally(unchanged=4)
    assert records.tags(service.store) == ["press", "vip"]
    lists = Listing(service.store, service.settings)
    assert lists.count(Filter(tag="vip")).number == 4
    assert lists.count(Filter(tag="press")).number == 0
    for tags in ((), ("b!",)):
        with pytest.raises(InputError):
            bulk.tag(members, tags)


def test_another_number_than_was_agreed_to_is_refused(bulk: Bulk) -> None:
    """Law 18: whoever agreed to four did not agree to five."""
    with pytest.raises(NumberChangedError) as caught:
        bulk.members(PRESS, 3)
    assert caught.value.facts == {"expected": 3, "found": 4}
    assert bulk.members([1, 1, 3, 99], 2).bit_count() == 2
    with pytest.raises(InputError):
        bulk.members([99], 0)
    with pytest.raises(InputError):
        bulk.members(list(range(1, 1002)), 6)


def test_readers_who_came_later_are_not_meant(service: SegmentService, bulk: Bulk) -> None:
    """Who is tagged while the work waits was not seen by whoever asked."""
    members = bulk.members(PRESS, 4)
    service.put(1, tags="press")
    service.erase(6)
    assert bulk.erase(members, "asked") == Tally(done=3, gone=1)
    assert bulk.erase(members, "asked") == Tally(gone=4)
    kept = [one.number for one in records.each(service.store)]
    assert kept == [1, 2]
    again = subscribers.look_up(
        service.store, service.settings, parse_address("reader-3@example.org")
    )
    assert again.subscriber is None
    assert again.suppression
    assert again.suppression.reason == "erased"


def test_suppressing_and_removing_leave_what_is_so(service: SegmentService, bulk: Bulk) -> None:
    """Law 7: nobody is moved out of the status that they chose."""
    assert bulk.suppress(bulk.members([1, 2], 2), "asked") == Tally(done=2)
    assert bulk.suppress(bulk.members([2, 3], 2), "asked") == Tally(done=1, unchanged=1)
    assert bulk.remove(bulk.members([1, 2], 2), "asked") == Tally(done=2)
    assert bulk.remove(bulk.members([2, 3], 2), "asked") == Tally(done=1, unchanged=1)
    counts = records.count(service.store)
    assert (counts.by_status["unsubscribed"], counts.suppressed) == (3, 3)


def test_worker_does_it_with_the_rights_that_the_user_has_then(
    service: SegmentService, bulk: Bulk, data_dir: Path
) -> None:
    """Whoever is disabled meanwhile must not go on erasing."""
    web = WebService(service.store, data_dir)
    store, clock = service.store, service.clock
    work = Jobs(store, service.settings, clock)
    recorder = Recorder(store, service.settings, clock)
    add_user(web, "second@example.org", role=Role.OWNER)
    owner = add_user(web, role=Role.OWNER)
    user = users.get(store, owner.number)
    assert user
    with acting_as(user.actor("console", "", proved=True), recorder):
        tagging = work.put_tagging(bulk.members(PRESS, 4), {"add": ["vip"], "remove": []})
        erasing = work.put_erasing(bulk.members([1], 1), "asked by ana@example.org")
    work.work(tagging)
    with acting_as(user.actor("console", "", proved=True), recorder):
        done = work.show(tagging)
    assert (done.state, done.result, done.total) == (
        "done",
        {"done": 4, "unchanged": 0, "gone": 0, "refused": 0},
        4,
    )
    assert "example.org" not in str(audit.newest(store, 5))

    use_cases.disable(store, clock.now(), user.address)
    work.work(erasing)
    assert records.get(store, 1)
    reader = add_user(web, "reader@example.org", role=Role.READER)
    with (
        acting_as(reader.actor("console", "", proved=True), recorder),
        pytest.raises(NotAllowedError),
    ):
        work.put_suppressing(bulk.members([1], 1), "asked")


def test_attributes_are_changed_with_their_marks(service: SegmentService) -> None:
    """What a rule finds is what the record says; the audit log tells of no values."""
    store, lists = service.store, Listing(service.store, service.settings)
    for value, found in (("FR", (0, 1)), ("CH", (1, 0)), ("", (0, 0))):
        before = records.get(store, 1)
        assert before
        wanted = Details(attributes={"country": value})
        after = change_details(store, service.settings, service.clock.now(), before, wanted)
        assert after.attributes.get("country", "") == value
        assert records.get(store, 1) == after
        counts = [
            lists.count(Filter("reader-1@", rule=f"country = {one}")).number for one in ("CH", "FR")
        ]
        assert tuple(counts) == found
        assert lists.count(Filter("reader-1@", rule="has:country")).number == bool(value)
    last = events.page(store, f"({0}", 1000)[-1][1]
    assert (last["type"], last["fields"]) == ("subscriber.updated", "attributes")
    before = records.get(store, 1)
    assert before
    wanted = Details(attributes={"country": "Atlantis"})
    with pytest.raises(InputError):
        change_details(store, service.settings, service.clock.now(), before, wanted)
