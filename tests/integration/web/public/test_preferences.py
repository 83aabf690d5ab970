"""The page on which readers choose: each can change what is theirs, and nobody else's."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import Action, Subscriber
from mailer.services.sending.worker_context import Turn
from mailer.services.subscriptions import subscribers as vouched
from mailer.store.server.connection import Store
from support.servers.faulty_relay import FaultyRelay
from support.service.small_campaign import SmallService
from support.service.web_service import WebService

CHOSEN: dict[str, Any] = {
    "language": "fr",
    "topics": ["meetings"],
    "name": "Ana Díaz",
    "pause": "",
}


@pytest.fixture
def web(store: Store, data_dir: Path) -> WebService:
    """Pages over an empty store."""
    return WebService(store, data_dir)


@pytest.fixture
def path(web: WebService) -> str:
    """The page of a reader of English who gets the bulletin."""
    return web.preferences_path(web.mail.member(language="en", topics="bulletin").number)


def known(web: WebService, address: str = "ana@example.org") -> Subscriber:
    """Return what is known of a reader."""
    found = web.mail.who(address)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "Your subscription"), ("fr", "Votre abonnement"), ("es", "Su suscripción")],
)
def test_page_is_in_the_readers_language_whatever_the_browser_asks_for(
    web: WebService, language: str, title: str
) -> None:
    """Their own choice counts more than that of the machine they sit at."""
    member = web.mail.member(language=language)
    page = web.get(web.preferences_path(member.number) + "?lang=en", **{"Accept-Language": "en"})
    assert page.status_code == 200
    assert f"<h1>{title}</h1>" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


def test_choices_are_kept_with_one_event(web: WebService, path: str) -> None:
    """Language, topics and name change together (law 9), and the page says so."""
    page = web.press(path, **CHOSEN)
    assert page.status_code == 200
    assert "Vos choix sont enregistrés" in page.text
    member = known(web)
    assert (member.language, member.topics, member.name) == ("fr", ("meetings",), "Ana Díaz")
    told = [one for one in web.mail.events() if one["type"] == "subscriber.updated"]
    assert [(one["source"], set(one["fields"].split())) for one in told] == [
        ("web", {"language", "topics", "name"})
    ]
    assert web.press(path, **CHOSEN).status_code == 200
    assert len([one for one in web.mail.events() if one["type"] == "subscriber.updated"]) == 1
    web.press(path, **(CHOSEN | {"name": ""}))
    assert known(web).name == ""
    assert web.mail.queued() == [], "the page tells; no mail is needed"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"language": "de"}, "language"),
        ({"topics": []}, "topics"),
        ({"name": "\u202eevil"}, "name"),
        ({"pause": "2023-04-12"}, "pause"),
        ({"pause": "2024-05-01"}, "pause"),
        ({"pause": "soon"}, "pause"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_changes(
    web: WebService, path: str, fields: dict[str, Any], field: str
) -> None:
    """All or nothing."""
    before = known(web)
    page = web.press(path, **(CHOSEN | fields))
    assert page.status_code == 422
    assert f'id="{field}-wrong"' in page.text
    assert known(web) == before


def test_topics_that_the_settings_no_longer_have_stay(store: Store, data_dir: Path) -> None:
    """A topic may come back; saving another choice must not lose it."""
    old = WebService(store, data_dir, topics=["bulletin", "meetings", "history"])
    member = old.mail.member(topics="bulletin history")
    web = WebService(store, data_dir)
    web.press(web.preferences_path(member.number), **CHOSEN)
    assert set(known(web).topics) == {"meetings", "history"}


def test_a_pause_holds_mail_back_until_its_day_and_ends_by_itself(
    web: WebService, path: str
) -> None:
    """Planned stays what was accepted, skipped and so on (law 2): skipped because paused."""
    service = SmallService(web.store, web.settings)
    service.clock = web.clock
    service.subscribe("ben@example.org")
    web.press(path, **(CHOSEN | {"topics": ["bulletin"], "language": "en", "pause": "2023-04-20"}))
    assert known(web).paused_until == datetime(2023, 4, 20, tzinfo=UTC)
    assert "20 April 2023" in web.get(path).text

    def send() -> tuple[list[str], dict[str, int]]:
        campaign = service.started()
        received = asyncio.run(_sent(service, campaign.number))
        service.campaigns.close_if_complete(campaign.number)
        counts = service.campaigns.status(campaign.number).counts
        assert counts.complete
        assert counts.planned == 2
        return received, {name: n for name, n in counts.by_skip_reason.items() if n}

    assert send() == (["ben@example.org"], {"paused": 1})
    web.clock.advance(timedelta(days=8))
    assert web.clock.now() > datetime(2023, 4, 20, tzinfo=UTC)
    assert "April" not in web.get(path).text
    assert send() == (["ana@example.org", "ben@example.org"], {})


async def _sent(service: SmallService, number: int) -> list[str]:
    async with FaultyRelay() as relay, service.worker([relay.url()]) as dispatcher:
        await dispatcher.send(service.campaigns.status(number).campaign, Turn(60))
        return sorted(one.recipient for one in relay.received)


def test_a_pause_can_be_ended_early(web: WebService, path: str) -> None:
    """Emptying the field is all."""
    web.press(path, **(CHOSEN | {"pause": "2023-05-01"}))
    web.press(path, **CHOSEN)
    assert known(web).paused_until is None


def test_export_holds_all_that_is_known(web: WebService, path: str) -> None:
    """Regulation (EU) 2016/679, article 15 and the like: in a form that programs can read."""
    answer = web.press(path, f"{path}/export")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"].startswith("attachment")
    told = answer.json()
    assert told["address"] == "ana@example.org"
    assert told["language"] == "en"
    assert told["topics"] == ["bulletin"]
    assert (told["status"], told["source"], told["consent"]) == ("active", "secretariat", None)
    kept = web.store.redis.hgetall("mailer:subscriber:1")
    written = json.dumps(told)
    assert {name for name, value in kept.items() if value.decode() not in written} <= {b"i", b"d"}
    assert told["added"] == web.clock.now().isoformat(timespec="seconds")


def test_erasing_needs_a_press_and_leaves_only_a_code(web: WebService, path: str) -> None:
    """Nothing by which the person could be found is left, but they are never mailed again."""
    assert "cannot be undone" in web.get(f"{path}/erase").text
    assert web.mail.status() == "active"
    done = web.press(f"{path}/erase")
    assert done.status_code == 200
    assert web.mail.who() is None
    keys = web.store.redis.keys("*")
    everything = b"".join(web.store.redis.dump(key) or b"" for key in keys)
    assert b"ana@example" not in everything
    web.subscribe()
    web.forms.process()
    assert web.mail.sent() == []
    assert web.get(path).status_code == 404


@pytest.mark.parametrize("way", ["", "/export", "/erase"])
def test_other_websites_cannot_press_the_buttons(web: WebService, path: str, way: str) -> None:
    """CSRF."""
    before = known(web)
    page = f"{path}/erase" if way == "/erase" else path
    stamp = web.stamp(page)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example.net"}):
        assert web.post(f"{path}{way}", CHOSEN | {"stamp": stamp}, **headers).status_code == 403
    assert web.post(f"{path}{way}", CHOSEN).status_code == 403
    assert web.post(f"{path}{way}", CHOSEN | {"stamp": "x"}).status_code == 403
    assert known(web) == before


def test_get_never_changes_anything(web: WebService, path: str) -> None:
    """Law 5: scanners open these links too."""
    before = {key: web.store.redis.dump(key) for key in web.store.redis.keys("*")}
    for page in (path, f"{path}/erase"):
        assert web.get(page).status_code == 200
        assert web.head(page).status_code == 200
    for page in (f"{path}/export",):
        assert web.get(page).status_code == 405
    assert {key: web.store.redis.dump(key) for key in web.store.redis.keys("*")} == before


def test_nobody_saves_more_often_than_people_do(web: WebService, path: str) -> None:
    """A token in the wrong hands must not become a hammer on the disk."""
    stamp = web.stamp(path)
    codes = [web.post(path, CHOSEN | {"stamp": stamp}).status_code for _ in range(61)]
    assert codes == [200] * 60 + [429]


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (Action.LEAVE, "not on the list any more"),
        (Action.SUSPEND, "came back"),
        (Action.COMPLAIN, "reported as unwanted"),
    ],
)
def test_who_is_no_active_reader_is_told_why_and_cannot_choose(
    web: WebService, path: str, action: Action, words: str
) -> None:
    """A choice that has no effect would be a lie."""
    stamp = web.stamp(path)
    vouched.change(web.store, 1, action, web.clock.now())
    assert words in web.get(path).text
    before = known(web)
    page = web.post(path, CHOSEN | {"stamp": stamp})
    assert "saved" not in page.text
    assert known(web) == before
    assert web.press(path, f"{path}/export").status_code == 200


def test_who_comes_back_by_confirming_is_paused_no_longer(web: WebService, path: str) -> None:
    """A reader who subscribes anew expects mail."""
    web.press(path, **(CHOSEN | {"pause": "2023-05-01"}))
    web.press(web.leave_path(1))
    web.subscribe()
    web.forms.process()
    (asked,) = web.mail.sent()
    web.mail.get(str(asked["Reply-To"]), body="yes")
    member = known(web)
    assert (member.status, member.paused_until, member.left_at) == ("active", None, None)
    assert vouched.find(web.store, parse_address("ana@example.org")).number == 1
