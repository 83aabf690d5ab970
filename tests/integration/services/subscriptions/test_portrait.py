"""One page tells all that is known of a reader, in a few round trips."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailer.domain.calendar.attendance import Attendance
from mailer.domain.subscribers.address import parse_address
from mailer.errors import NotFoundError
from mailer.services.subscriber_files.importing import Options, import_csv
from mailer.services.subscriptions import subscribers
from mailer.services.subscriptions.portrait import Portraits
from mailer.store import keys
from mailer.store.keys.histories import history
from mailer.store.server.connection import Store
from mailer.store.subscribers import histories
from support.service.mail_service import MailService
from support.service.segment_service import SegmentService
from support.service.small_campaign import SmallService, settings_for


def portraits(service: SegmentService) -> Portraits:
    """Return what gathers them."""
    return Portraits(service.store, service.settings, service.clock)


@pytest.fixture
def service(store: Store, data_dir: Path) -> SegmentService:
    """A service with readers of many kinds."""
    service = SegmentService(store, data_dir)
    service.populate()
    return service


def test_portrait_tells_what_the_ledgers_and_the_log_say(service: SegmentService) -> None:
    """Reader 14 had one campaign and was skipped by it, and answered an invitation."""
    found = portraits(service).of(14)
    assert found.subscriber.address == "reader-14@example.org"
    assert (found.consent.how, found.consent.vouched) == ("secretariat", True)
    assert [one.entry.id for one in found.invitations] == ["meeting-x"]
    assert found.invitations[0].answers == [Attendance.DECLINED]
    kinds = [one.fields["type"] for one in found.history.entries]
    assert kinds == ["subscriber.added", "calendar.answered"]
    assert found.history.whole
    campaigns = {one.campaign.number: one for one in found.deliveries.found}
    assert campaigns
    for number, one in campaigns.items():
        for name in ("rejected", "skipped", "accepted"):
            if service.store.redis.getbit(keys.ledger(number, name), 14):
                assert one.outcome == name
                break
        assert one.language == "en"  # the edition has no other that stands in


def test_bounces_tell_what_follows(service: SegmentService) -> None:
    """The secretariat has to see how close a reader is to being suspended."""
    bounces = portraits(service).of(5).bounces
    assert bounces
    assert (bounces.points, bounces.limit, bounces.suspended) == (1, 5, False)
    assert bounces.last["reason"] == "mailbox-full"
    assert portraits(service).of(6).bounces is None


def test_deliveries_go_on_page_by_page(service: SegmentService) -> None:
    """Who reads for years has more campaigns than a page."""
    gather = portraits(service)
    whole = gather.of(2, most=50).deliveries
    first = gather.of(2, most=1).deliveries
    assert whole.following == 0
    assert len(whole.found) == 2
    second = gather.of(2, before=first.following, most=1).deliveries
    numbers = [one.campaign.number for one in (*first.found, *second.found)]
    assert numbers == [one.campaign.number for one in whole.found]


def test_index_of_the_log_finds_what_a_whole_reading_finds(service: SegmentService) -> None:
    """However far the index has come, the page tells the same."""
    before = {number: histories.of(service.store, number) for number in range(1, 41)}
    assert any(len(one.entries) > 1 for one in before.values())
    assert histories.index(service.store, 50) == 50
    between = {number: histories.of(service.store, number) for number in range(1, 41)}
    while histories.index(service.store):
        pass
    after = {number: histories.of(service.store, number) for number in range(1, 41)}
    erased = set(range(13, 41, 13))
    for number in set(before) - erased:
        assert before[number].entries == between[number].entries == after[number].entries
    for number in erased:
        assert after[number].entries == []
        assert not service.store.redis.hexists(history(number // histories.BUCKET), str(number))


def test_nobody_has_no_portrait(service: SegmentService) -> None:
    """A number that was never given out, and one that was erased."""
    for number in (9999, 13):
        with pytest.raises(NotFoundError):
            portraits(service).of(number)


def test_consent_that_was_given_is_told_with_its_proof(store: Store, data_dir: Path) -> None:
    """Data protection asks how, when and to what."""
    service = MailService(store, data_dir)
    service.subscribed(author="mira@example.org")
    gather = Portraits(store, service.settings, service.clock)
    number = subscribers.find(store, parse_address("mira@example.org")).number
    found = gather.of(number).consent
    assert (found.how, found.vouched) == ("mail", False)
    assert found.facts["topics"] == ["bulletin"]
    assert found.facts["text"]
    service.asked(author="olga@example.org")
    waits = gather.of(subscribers.find(store, parse_address("olga@example.org")).number)
    assert waits.request
    assert waits.request.topics == ("bulletin",)
    assert waits.consent.how == ""


def test_consent_of_an_import_is_told_with_its_file(store: Store, tmp_path: Path) -> None:
    """The log tells of batches, not of readers: theirs is the one of the second they came in."""
    service = SmallService(store, settings_for(tmp_path / "data"))
    service.clock.advance(datetime.now(UTC) - service.clock.now())  # the log has the real time
    file = tmp_path / "fair.csv"
    file.write_text("address\nana@example.org\n", encoding="utf-8")
    options = Options(consent="Form of the fair")
    import_csv(store, service.settings, service.clock, file, options)
    found = Portraits(store, service.settings, service.clock).of(1).consent
    assert (found.how, found.said, found.file) == ("import", "Form of the fair", "fair.csv")
