"""`mailer webhooks`: what an operator types, and what is shown."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailer.clock import SystemClock
from mailer.domain.events import Event
from mailer.store import events
from mailer.store.server.connection import Store
from support.patience import PATIENCE
from support.servers.hook_receiver import HookReceiver
from support.service.command import Command

URL = "https://hooks.example.org/mailer"


@pytest.fixture
def mailer(store: Store, data_dir: Path) -> Command:
    """The command line, with this machine allowed."""
    return Command(store, data_dir, {"MAILER_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8"})


@pytest.fixture
def receiver() -> Iterator[HookReceiver]:
    """A receiver in a thread of its own, for commands have loops of theirs."""
    made, loop = HookReceiver(), asyncio.new_event_loop()
    loop.run_until_complete(made.__aenter__())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield made
    asyncio.run_coroutine_threadsafe(made.__aexit__(), loop).result(PATIENCE)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def added(mailer: Command, url: str = URL, *options: str) -> dict[str, Any]:
    """Add an endpoint; returns what the command tells programs."""
    said = mailer("webhooks", "add", url, "--type", "campaign.*", "--json", *options)
    assert said.code == 0, said.err
    facts: dict[str, Any] = json.loads(said.out)
    return facts


def test_an_endpoint_is_added_listed_and_shown(mailer: Command) -> None:
    """Its secret is shown when it is made, and later to who asks for it."""
    assert "no web hooks" in mailer("webhooks", "list").out
    said = mailer("webhooks", "add", URL, "--type", "campaign.*", "--note", "CRM")
    assert "whsec_" in said.out
    one, *_ = said.out.split()
    listed = mailer("webhooks", "list").out
    assert one in listed
    assert "hooks.example.org  CRM" in listed
    shown = mailer("webhooks", "show", one)
    assert f"{one}: active" in shown.out
    assert URL in shown.out
    assert "whsec_" not in shown.out
    assert "whsec_" in mailer("webhooks", "show", one, "--secret").out
    (facts,) = json.loads(mailer("webhooks", "list", "--json").out)
    assert (facts["id"], facts["types"], facts["waiting"]) == (one, ["campaign.*"], 0)
    assert "secret" not in facts


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["add", URL], "no type of events is named"),
        (["add", URL, "--type", "nothing.happened"], "no events of type"),
        (["add", "https://10.0.0.1/", "--type", "*"], "webhook_allow_networks"),
        (["show", "wh000000000000"], "There is no web hook"),
        (["replay", "wh000000000000", "--since", "yesterday"], "is no time"),
    ],
)
def test_what_cannot_be_done_says_why(mailer: Command, arguments: list[str], wrong: str) -> None:
    """With what to do instead, and an exit code that scripts see."""
    said = mailer("webhooks", *arguments)
    assert said.code == 1
    assert wrong in said.err


def test_an_endpoint_is_changed_paused_resumed_and_removed(mailer: Command) -> None:
    """Each as one command, without questions but the last."""
    one = added(mailer)["id"]
    assert mailer("webhooks", "change", one, "--type", "*", "--url", f"{URL}/2").code == 0
    assert mailer("webhooks", "pause", one, "--reason", "moves house").code == 0
    facts = json.loads(mailer("webhooks", "show", one, "--json").out)
    assert (facts["types"], facts["url"]) == (["*"], f"{URL}/2")
    assert (facts["state"], facts["reason"]) == ("paused", "moves house")
    assert facts["by"].startswith("operator:")
    assert mailer("webhooks", "resume", one).code == 0
    refused = mailer("webhooks", "remove", one)
    assert (refused.code, "--yes" in refused.err) == (1, True)
    assert mailer("webhooks", "remove", one, "--yes").code == 0
    assert json.loads(mailer("webhooks", "list", "--json").out) == []


def test_a_secret_is_changed(mailer: Command) -> None:
    """Programs get both, for as long as both are good."""
    first = added(mailer)
    facts = json.loads(mailer("webhooks", "rotate", first["id"], "--json").out)
    assert facts["old_secret"] == first["secret"] != facts["secret"]
    again = mailer("webhooks", "rotate", first["id"])
    assert (again.code, "still good" in again.err) == (1, True)


def test_a_test_shows_the_answer(mailer: Command, receiver: HookReceiver) -> None:
    """The exit code is for scripts that set a receiver up."""
    good, bad = (added(mailer, receiver.url(path))["id"] for path in ("/200", "/500"))
    said = mailer("webhooks", "test", good)
    assert (said.code, "delivered: answered 200" in said.out) == (0, True)
    said = mailer("webhooks", "test", bad)
    assert (said.code, "failed: answered 500" in said.out) == (1, True)
    assert "It says: said 500" in said.out
    facts = json.loads(mailer("webhooks", "test", bad, "--json").out)
    assert (facts["outcome"], facts["status"]) == ("failed", 500)
    assert [one.told["type"] for one in receiver.messages] == ["webhook.test"] * 3


def test_events_are_replayed(mailer: Command, store: Store) -> None:
    """A paused endpoint gets them later, and the command says so."""
    one = added(mailer)["id"]
    events.record(store, Event("campaign.paused", SystemClock().now(), {"campaign": 1}))
    mailer("webhooks", "pause", one)
    said = mailer("webhooks", "replay", one, "--since", "1h")
    assert (said.code, "it is paused" in said.out) == (0, True), said.err
    facts = json.loads(mailer("webhooks", "show", one, "--json").out)
    assert facts["replay"]
