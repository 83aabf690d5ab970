"""What people do with web hooks, each act with the event that tells of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.domain.access.actor import operator
from mailer.domain.events import Event
from mailer.domain.webhooks.endpoint import State
from mailer.errors import InputError, NotFoundError, StateError
from mailer.services.access.acting import Recorder, acting_as
from mailer.store import events
from mailer.store.server.connection import Store
from mailer.store.webhooks import endpoints
from support.servers.hook_receiver import HookReceiver
from support.service.hook_service import HookService

URL = "https://hooks.example.org/a?token=5ecret"


@pytest.fixture
def service(store: Store, tmp_path: Path) -> Iterator[HookService]:
    """A service without endpoints, whose operator acts."""
    service = HookService(store, tmp_path / "data")
    recorder = Recorder(store, service.settings, service.clock)
    with acting_as(operator("ana", "host"), recorder):
        yield service


def test_an_endpoint_is_added_and_found(service: HookService) -> None:
    """With a secret of its own, which no other place shows."""
    one = service.hooks.add(URL, ["campaign.*"], note="for  the CRM")
    assert service.hooks.get(one.id) == one
    assert (one.url, one.types, one.note, one.state) == (
        URL,
        ("campaign.*",),
        "for the CRM",
        State.ACTIVE,
    )
    other = service.hooks.add(URL, ["*"])
    assert [found.id for found, _ in service.hooks.every()] == sorted([one.id, other.id])
    secrets = {service.hooks.show(found).secret for found in (one.id, other.id)}
    assert len(secrets) == 2
    (told, _) = service.told("webhook.added")
    assert (told["endpoint"], told["types"], told["by"]) == (one.id, "campaign.*", "operator:ana")


def test_no_event_holds_a_url_or_a_secret(service: HookService) -> None:
    """Many URLs of web hooks hold a secret themselves; whoever reads the log must not get it."""
    one = service.add(URL)
    service.hooks.change(one, url=f"{URL}2")
    service.hooks.rotate(one)
    secret = service.hooks.show(one).secret
    for _, fields in events.read(service.store):
        assert "5ecret" not in str(fields)
        assert secret not in str(fields)


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "http://hooks.example.org/", "nonsense"])
def test_a_place_that_is_not_allowed_is_refused(store: Store, tmp_path: Path, url: str) -> None:
    """When it is added, and when it is changed."""
    service = HookService(store, tmp_path / "data", webhook_allow_networks=())
    with pytest.raises(InputError):
        service.add(url)
    one = service.add(URL)
    with pytest.raises(InputError):
        service.hooks.change(one, url=url)
    assert service.hooks.get(one).url == URL


def test_there_cannot_be_any_number_of_endpoints(
    service: HookService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each costs something at every event."""
    monkeypatch.setattr(endpoints, "MOST", 1)
    service.add(URL)
    with pytest.raises(InputError, match="1 endpoints already"):
        service.add(URL)


def test_a_change_tells_what_changed_and_one_that_changes_nothing_does_not(
    service: HookService,
) -> None:
    """An audit of changes with nothing in them would be noise."""
    one = service.add(URL, "campaign.*")
    service.hooks.change(one, types=["*"], note="x", url=URL)
    service.hooks.change(one, types=["*"])
    (told,) = service.told("webhook.changed")
    assert told["fields"] == "types note"


def test_a_pause_and_its_end_are_told_once(service: HookService) -> None:
    """However often the button is pressed."""
    one = service.add(URL)
    for _ in range(2):
        found = service.hooks.pause(one, reason="moves house")
    assert (found.state, found.reason, found.by) == (State.PAUSED, "moves house", "operator:ana")
    for _ in range(2):
        found = service.hooks.resume(one)
    assert (found.state, found.reason, found.by) == (State.ACTIVE, "", "")
    assert [told["by"] for told in service.told("webhook.paused")] == ["operator:ana"]
    assert [told["by"] for told in service.told("webhook.resumed")] == ["operator:ana"]


def test_what_happens_during_a_pause_is_sent_after_it(service: HookService) -> None:
    """A pause loses nothing."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            one = service.add(receiver.url(), "campaign.*")
            service.hooks.pause(one)
            happened = service.happen(3)
            assert not await service.deliver()
            service.hooks.resume(one)
            await service.deliver()
            assert [message.id for message in receiver.messages] == happened

    asyncio.run(scene())


def test_a_secret_is_not_rotated_twice_in_a_day(service: HookService) -> None:
    """Two are good at once: a third would cut off whoever still has the first."""
    one = service.add(URL)
    first = service.hooks.show(one).secret
    service.hooks.rotate(one)
    seen = service.hooks.show(one)
    assert (seen.old_secret, seen.secret != first) == (first, True)
    with pytest.raises(StateError, match="still good"):
        service.hooks.rotate(one)
    service.clock.advance(timedelta(hours=24))
    assert service.hooks.show(one).old_secret == ""
    service.hooks.rotate(one)


def test_what_is_removed_is_gone(service: HookService) -> None:
    """Its id is asked for by scripts that do not know of it yet."""
    one = service.add(URL)
    service.hooks.remove(one)
    assert service.hooks.every() == []
    for act in (service.hooks.get, service.hooks.show):
        with pytest.raises(NotFoundError):
            act(one)
    with pytest.raises(NotFoundError):
        service.hooks.remove(one)
    with pytest.raises(NotFoundError):
        service.hooks.pause("mailer:webhooks")


@pytest.mark.parametrize(("path", "status"), [("/200", 200), ("/500", 500), ("/410", 410)])
def test_a_test_tells_the_answer_and_changes_no_state(
    service: HookService, path: str, status: int
) -> None:
    """Also of a paused endpoint: it is tested before it is resumed."""

    async def scene() -> None:
        async with HookReceiver() as receiver:
            one = service.add(receiver.url(path))
            service.hooks.pause(one)
            answer = await service.hooks.test(one, poster=service.poster())
            assert (answer.status, answer.words) == (status, f"said {status}")
            assert receiver.messages[0].told["data"] == {"endpoint": one}
            assert service.hooks.get(one).state is State.PAUSED
            (told,) = service.told("webhook.tested")
            assert str(status) in told["answer"]
            assert not await service.deliver()

    asyncio.run(scene())


def test_a_test_goes_by_the_settings_of_today(store: Store, tmp_path: Path) -> None:
    """A network that is allowed no more is refused for what was added before."""
    service = HookService(store, tmp_path / "data")
    one = service.add("http://127.0.0.1:9000/")
    strict = HookService(store, tmp_path / "data", webhook_allow_networks=())
    answer = asyncio.run(strict.hooks.test(one))
    assert answer.reason.startswith("refused: ")


def test_a_replay_needs_something_to_replay_and_goes_on_alone(service: HookService) -> None:
    """A mistyped time must not pass for done; two at once would forget the first."""
    one = service.add(URL)
    service.happen(3)
    with pytest.raises(InputError, match="no events"):
        service.hooks.replay(one, since="9999999999999-0")
    service.hooks.replay(one, since="0")
    with pytest.raises(StateError, match="replay"):
        service.hooks.replay(one, since="0")
    (told,) = service.told("webhook.replayed")
    assert (told["after"], told["by"]) == ("0", "operator:ana")


def test_two_who_change_at_once_both_have_their_way(service: HookService) -> None:
    """The second decides anew on what the first left."""
    one = service.add(URL)
    before = service.hooks.get(one)
    service.hooks.change(one, note="new")
    told = Event("webhook.changed", service.clock.now())
    assert not endpoints.change(service.store, before, before, told)
    service.hooks.pause(one)
    assert service.hooks.get(one).note == "new"
