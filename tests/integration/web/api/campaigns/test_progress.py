"""Progress is told as it happens, from one look a second, however many listen."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from mailer.domain.access.actor import STRANGER, Actor
from mailer.domain.campaigns.campaign import State
from mailer.services.access.acting import acting_as
from mailer.services.campaigns.status import Status
from mailer.store.server.connection import Store
from mailer.web.api import streams
from mailer.web.api.refusals import RefusedError
from mailer.web.api.resources.campaigns import progress
from mailer.web.api.resources.campaigns.progress import Looks
from mailer.web.api.streams import Listeners, Source, written
from support.service.api_campaign import ApiCampaign


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiCampaign:
    """An API with a campaign that is being sent."""
    api = ApiCampaign(store, data_dir)
    api.draft()
    api.act(1, "send", readers=3)
    return api


def events(text: str) -> list[tuple[str, str, dict[str, object]]]:
    """Read a stream: id, kind and data of each event."""
    found = []
    for part in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in part.split("\n") if line[0] != ":")
        if "data" in fields:
            found.append((fields["id"], fields["event"], json.loads(fields["data"])))
    return found


def test_stream_ends_when_the_campaign_does(api: ApiCampaign) -> None:
    """Whoever waits for the end is told it, and comes no more."""
    api.post("/campaigns/1/cancel")
    answer = api.get("/campaigns/1/progress")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    told = events(answer.text)
    assert [event for _, event, _ in told] == ["progress", "end"]
    assert told[0][2] == api.get("/campaigns/1").json()
    known = {"Last-Event-ID": told[-1][0]}
    assert api.get("/campaigns/1/progress", headers=known).status_code == 204
    other = api.get("/campaigns/1/progress", headers={"Last-Event-ID": "x"})
    assert [event for _, event, _ in events(other.text)] == ["progress", "end"]


def test_unknown_campaign_has_no_stream(api: ApiCampaign) -> None:
    """It is said before the stream begins."""
    assert api.get("/campaigns/9/progress").status_code == 404


def test_changes_are_told_to_all_and_seen_once(
    api: ApiCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred who watch cost the store no more than one."""
    monkeypatch.setattr(progress, "LOOK_SECONDS", 0.05)
    looks, heard = Looks(), [list[str]() for _ in range(20)]
    seen: list[State] = []

    def look() -> Status:
        status = api.small.campaigns.status(1)
        seen.append(status.campaign.state)
        return status

    async def listen(mine: list[str], all_heard: asyncio.Event) -> None:
        async for told in looks.follow(1, look):
            if told is not None:
                mine.append(f"{told.event} {told.data['state']}")
            if all(heard):
                all_heard.set()

    async def run() -> float:
        begun, all_heard = asyncio.get_running_loop().time(), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for mine in heard:
                group.create_task(listen(mine, all_heard))
            await all_heard.wait()
            await asyncio.to_thread(api.small.campaigns.cancel, 1)
        return asyncio.get_running_loop().time() - begun

    seconds = asyncio.run(asyncio.wait_for(run(), 30))
    assert heard == [["progress sending", "progress cancelled", "end cancelled"]] * 20
    assert len(seen) <= seconds / 0.05 + 1


async def always() -> bool:
    """Let whoever listens listen on."""
    return True


def test_heartbeats_fill_the_silence_and_the_stream_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy cuts a line on which nothing comes; a right that was lost must not last for ever."""
    now = 0.0

    async def silent() -> Source:
        nonlocal now
        while True:
            now += 10.0
            yield None

    async def run() -> list[bytes]:
        return [part async for part in written(silent(), lambda: now, always)]

    monkeypatch.setattr(streams, "LONGEST_SECONDS", 600.0)
    parts = asyncio.run(run())
    assert parts[0].startswith(b"retry: ")
    assert set(parts[1:]) == {b": still here\n\n"}
    assert len(parts) - 1 == streams.LONGEST_SECONDS // 20


def test_one_listener_too_many_is_told_to_come_again() -> None:
    """Strangers with a token of ours must not use up all connections."""
    listeners = Listeners(most=2)

    async def run() -> None:
        async with listeners.admitted(), listeners.admitted():
            with pytest.raises(RefusedError, match="too_many_listeners"):
                listeners.check()
        listeners.check()

    asyncio.run(run())


def test_one_token_does_not_take_the_places_of_others() -> None:
    """A program that forgets to close its streams must shut out itself alone."""
    listeners = Listeners(most=9, of_one=2)

    def bearer(name: str) -> Actor:
        return replace(STRANGER, identity=name)

    async def run() -> None:
        with acting_as(bearer("one")):
            async with listeners.admitted(), listeners.admitted():
                with pytest.raises(RefusedError, match="too_many_listeners"):
                    async with listeners.admitted():
                        pass
                with acting_as(bearer("other")):
                    listeners.check()
            listeners.check()
        assert not listeners.present

    asyncio.run(run())
