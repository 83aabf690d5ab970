"""Readers of any of a campaign's topics, with any of its tags, told before or not, are included."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.domain.campaigns.campaign import About, Campaign, State
from mailer.services.calendar.forecast import forecast
from mailer.store import keys
from mailer.store.campaigns import audience
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from support.service.small_campaign import START, SmallService, settings_for

TOPICS = {1: "bulletin", 2: "meetings", 3: "bulletin meetings", 4: "other"}


@pytest.fixture
def service(store: Store, tmp_path: Path) -> SmallService:
    """Four readers of different topics; the last but one of them carries a tag."""
    service = SmallService(store, settings_for(tmp_path, topics=("bulletin", "meetings", "other")))
    service.subscribe(*(f"reader-{number}@example.org" for number in TOPICS))
    for number, topics in TOPICS.items():
        for topic in ("bulletin", "meetings", "other"):
            store.redis.setbit(keys.topic_bits(topic), number, topic in topics.split())
    store.redis.setbit(keys.tag_bits("press"), 3, 1)
    return service


def made(service: SmallService, **fields: object) -> Campaign:
    """Keep a draft that sends the small edition."""
    number = campaigns.next_number(service.store)
    draft = Campaign(number, State.DRAFT, "small", "bulletin", START, **fields)  # type: ignore[arg-type]
    with service.store.redis.pipeline(transaction=True) as pipe:
        campaigns.add(pipe, draft)
        pipe.execute()
    assert campaigns.get(service.store, number) == draft
    return draft


def frozen(service: SmallService, campaign: Campaign) -> set[int]:
    """Freeze a campaign's audience, and return the numbers in it; the forecast says as many."""
    planned = audience.freeze(service.store, campaign, {"en": "en"}, "en")
    numbers = {
        number
        for number in range(6)
        if service.store.redis.getbit(keys.ledger(campaign.number, "audience"), number)
    }
    assert planned == len(numbers)
    return numbers


def test_readers_of_any_of_its_topics_are_concerned_once(service: SmallService) -> None:
    """An entry may concern two topics; a reader of both gets one reminder (law 1)."""
    campaign = made(service, also=("meetings",))
    assert frozen(service, campaign) == {1, 2, 3}
    assert forecast(service.store, service.settings, campaign) == {"en": 3}


def test_tags_narrow_the_topics(service: SmallService) -> None:
    """A reminder for the press must not reach the others."""
    campaign = made(service, also=("meetings",), tags=("press", "unknown"))
    assert frozen(service, campaign) == {3}
    assert forecast(service.store, service.settings, campaign) == {"en": 1}


def test_a_notice_is_for_those_who_were_told_and_still_want_to_hear(service: SmallService) -> None:
    """Others know nothing that could have changed; who dropped the topic asked for silence."""
    redis = service.store.redis
    for number, reader in ((70, 1), (70, 3), (71, 2), (71, 4)):
        redis.setbit(keys.ledger(number, "audience"), reader, 1)
    redis.setbit(keys.ledger(70, "accepted"), 1, 1)
    redis.setbit(keys.ledger(70, "unknown"), 3, 1)
    redis.setbit(keys.ledger(71, "accepted"), 4, 1)
    redis.setbit(keys.skipped_for(71, "cancelled"), 2, 1)
    about = About("a-meeting", START, known="0", told=(70, 71))
    campaign = made(service, also=("meetings",), about=about)
    assert frozen(service, campaign) == {1, 2, 3}
    nobody = made(service, about=replace(about, told=(72,)))
    assert frozen(service, nobody) == set()
    without = made(service, about=replace(about, told=()))
    assert frozen(service, without) == set()


def test_what_a_campaign_is_about_is_kept_whole(service: SmallService) -> None:
    """A worker on another machine knows of it only what the store says."""
    about = About("weekly", START, occurrence="2023-05-02T10:00:00", offset="P1D")
    due = START + timedelta(hours=1)
    campaign = made(service, about=about)
    found = campaigns.get(service.store, campaign.number)
    assert found.about == about
    assert found.what == "reminder of weekly (P1D)"
    later = replace(campaign, number=9, state=State.SCHEDULED, scheduled_at=due, zone="UTC")
    with service.store.redis.pipeline(transaction=True) as pipe:
        campaigns.add(pipe, later)
        pipe.execute()
    assert campaigns.get(service.store, 9) == later
    assert campaigns.due_numbers(service.store, due) == [9]
