"""Freezing an audience: who is in it, in which language, and until when it may be done again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from mailer.domain.campaigns.campaign import Campaign, State
from mailer.store import keys
from mailer.store.campaigns import audience
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from support.service.small_campaign import START, SmallService, settings_for

STARTED = {State.SENDING, State.PAUSED, State.CANCELLED, State.SENT}


@pytest.fixture
def draft(store: Store, tmp_path: Path) -> Campaign:
    """A draft for five readers: two of English, one of French, of Spanish and of German."""
    service = SmallService(store, settings_for(tmp_path))
    for number, language in enumerate(("en", "en", "fr", "es", "es"), 1):
        (found,) = service.subscribe(f"r{number}@example.org", language=language)
        assert found == number
    store.redis.setbit(keys.language_bits("es"), 5, 0)  # one that has left the settings since
    store.redis.setbit(keys.language_bits("de"), 5, 1)
    made = Campaign(campaigns.next_number(store), State.DRAFT, "small", "bulletin", START)
    with store.redis.pipeline(transaction=True) as pipe:
        campaigns.add(pipe, made)
        pipe.execute()
    return made


def numbers(store: Store, key: str) -> list[int]:
    """List whose bits are set in a bitmap."""
    return [number for number in range(16) if store.redis.getbit(key, number)]


def by_language(store: Store, campaign: Campaign, languages: Sequence[str]) -> dict[str, list[int]]:
    """List who gets a campaign in each language."""
    of = campaign.number
    return {one: numbers(store, keys.delivery_language(of, one)) for one in languages}


def test_each_reader_has_one_language(store: Store, draft: Campaign) -> None:
    """Law 1: several languages may be served by one; what nobody foresaw gets the default."""
    spoken = {"en": "en", "fr": "fr", "es": "fr"}
    assert audience.freeze(store, draft, spoken, "en") == 5
    assert by_language(store, draft, ("en", "fr")) == {"en": [1, 2, 5], "fr": [3, 4]}


def test_a_default_that_is_nobodys_language_is_for_the_rest(store: Store, draft: Campaign) -> None:
    """It need not be among those that readers chose."""
    audience.freeze(store, draft, {"fr": "fr"}, "it")
    assert by_language(store, draft, ("fr", "it", "en")) == {
        "fr": [3],
        "it": [1, 2, 4, 5],
        "en": [],
    }


def test_freezing_again_is_as_of_that_instant(store: Store, draft: Campaign) -> None:
    """A reader who has left or changed language since must not be where they were before."""
    audience.freeze(store, draft, {"en": "en", "fr": "fr"}, "en")
    store.redis.setbit(keys.status_bits("active"), 1, 0)
    store.redis.setbit(keys.SUPPRESSED, 3, 1)
    store.redis.setbit(keys.language_bits("en"), 2, 0)
    store.redis.setbit(keys.language_bits("fr"), 2, 1)
    assert audience.freeze(store, draft, {"en": "en", "fr": "fr"}, "en") == 3
    assert numbers(store, keys.ledger(draft.number, "audience")) == [2, 4, 5]
    assert by_language(store, draft, ("en", "fr")) == {"en": [4, 5], "fr": [2]}


def test_who_is_suppressed_is_not_in_it_though_they_never_were_active(
    store: Store, draft: Campaign
) -> None:
    """Taking out who is not in must not put them in."""
    store.redis.setbit(keys.SUPPRESSED, 9, 1)
    assert audience.freeze(store, draft, {"en": "en"}, "en") == 5


def test_whom_another_campaign_reached_is_left_out(store: Store, draft: Campaign) -> None:
    """Readers it rejected or skipped do not count, nor do readers of other topics."""
    for name, theirs in {"audience": (1, 2, 3, 9), "rejected": (2,), "skipped": (3, 4)}.items():
        for number in theirs:
            store.redis.setbit(keys.ledger(99, name), number, 1)
    wanted = audience.concerned(draft, [99])
    assert audience.freeze(store, draft, {"en": "en"}, "en", wanted) == 4
    assert numbers(store, keys.ledger(draft.number, "audience")) == [2, 3, 4, 5]


@pytest.mark.parametrize("state", State)
def test_an_audience_is_frozen_until_the_campaign_is_started(
    store: Store, draft: Campaign, state: State
) -> None:
    """Afterwards nobody comes in, and nobody goes out."""
    store.redis.hset(keys.campaign(draft.number), "state", state.value)
    assert audience.freeze(store, draft, {"en": "en"}, "en") == (-1 if state in STARTED else 5)


def test_nothing_is_left_behind(store: Store, draft: Campaign) -> None:
    """The bitmaps by which it is reckoned have the size of the list."""
    audience.freeze(store, draft, {"en": "en"}, "en", audience.concerned(draft, [99]))
    assert store.redis.keys("*scratch*") == []
