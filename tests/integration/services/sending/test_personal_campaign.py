"""An edition with passages for some readers only: each gets their own words, and pays for no others."""

from __future__ import annotations

import asyncio
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.campaigns.campaign import Campaign, Counts, State
from mailer.domain.subscribers.address import parse_address
from mailer.services.sending.composing import Composer
from mailer.services.sending.worker_context import Turn, Verdict
from mailer.services.subscriptions import subscribers
from mailer.store.server.connection import Store
from support.servers.faulty_relay import FaultyRelay
from support.service.small_campaign import START, SmallService, settings_for

TEXT = """
Dear {% if name %}{{ name }}{% else %}reader{% endif %},

{% if "meetings" in topics %}
We meet on 28 June.
{% else %}
Choose the meetings as a topic.
{% endif %}

{% if "press" in tags %}For {{ name|upper }}.{% endif %}
"""


@pytest.fixture
def service(store: Store, tmp_path: Path) -> SmallService:
    """A service whose edition has conditions."""
    return SmallService(store, settings_for(tmp_path))


def subscribe(service: SmallService, address: str, **facts: Any) -> None:
    """Put one reader on the list."""
    facts = {"topics": "bulletin", **facts}
    subscribers.add(
        service.store, service.settings, START, parse_address(address), language="en", **facts
    )


def sent(service: SmallService) -> tuple[dict[str, tuple[str, str]], Campaign, Counts]:
    """Send it to everybody; returns plain text and HTML by address, and how the campaign ended."""
    campaign = service.started()

    async def run() -> FaultyRelay:
        async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
            assert await dispatcher.send(campaign, Turn(60)) is Verdict.FINISHED
            return relay

    found = {}
    for received in asyncio.run(run()).received:
        message = message_from_bytes(received.content, policy=default)
        plain, html = message.get_body(("plain",)), message.get_body(("html",))
        assert plain is not None
        assert html is not None
        found[str(message["To"])] = (plain.get_content(), html.get_content())
    service.campaigns.close_if_complete(campaign.number)
    status = service.campaigns.status(campaign.number)
    return found, status.campaign, status.counts


def test_each_reader_gets_the_words_that_fit(service: SmallService) -> None:
    """A passage for some readers would be useless, or an indiscretion, if others got it."""
    service.publish(TEXT)
    subscribe(service, "ana@example.org", name="Ana", topics="bulletin meetings")
    subscribe(service, "bo@example.org")
    subscribe(service, "cy@example.org", name="Cy *& <b>", tags="press")
    found, campaign, _ = sent(service)
    assert campaign.state is State.SENT
    for part in (0, 1):
        ana, bo, cy = (found[f"{who}@example.org"][part] for who in ("ana", "bo", "cy"))
        assert "Dear Ana," in ana
        assert "We meet on 28 June." in ana
        assert "Dear reader," in bo
        assert "Choose the meetings" in bo
        assert "28 June" not in bo
        assert ("For CY *& <B>." if part == 0 else "For CY *&amp; &lt;B&gt;.") in cy
        assert "For " not in ana.replace("Former", "")


def test_readers_with_the_same_words_share_what_was_rendered(service: SmallService) -> None:
    """Conditions on topics must not make a campaign to thousands a hundred times as slow."""
    service.publish(TEXT)
    for number in range(40):
        topics = "bulletin meetings" if number % 2 else "bulletin"
        subscribe(service, f"r{number}@example.org", name=f"R{number}", topics=topics)
    campaign = service.started()
    made: list[Composer] = []

    async def run() -> None:
        async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
            made.append(dispatcher._context.composer)
            assert await dispatcher.send(campaign, Turn(60)) is Verdict.FINISHED

    asyncio.run(run())
    assert len(made[0]._kept) == 3  # nobody in particular, and those with and without the topic


def test_words_that_fail_for_one_reader_cost_no_other_a_mail(service: SmallService) -> None:
    """An unforeseen defect skips that reader's delivery, with its reason; the rest go on."""
    service.publish("\n### {% if name|length > 3 %}{% else %}x{% endif %}\n")
    subscribe(service, "ana@example.org", name="Ana")
    subscribe(service, "josephine@example.org", name="Josephine")
    found, campaign, counts = sent(service)
    assert campaign.state is State.SENT
    assert list(found) == ["ana@example.org"]
    assert counts.skipped == counts.by_skip_reason["unsendable"] == 1
