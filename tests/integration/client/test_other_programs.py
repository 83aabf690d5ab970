"""What the client does for other programs: web hooks, templates and their mails, moderation."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.client import ChangedError, Client, ConflictError, NotFoundError
from mailer.store.server.connection import Store
from support.samples.archives import zipped
from support.samples.registration import DATA, files
from support.servers.served import served
from support.service.api_client import ApiClient

URL = "https://hooks.example.org/mailer"


def test_endpoint_of_web_hooks_is_added_changed_and_removed(client: Client) -> None:
    """Its secret is where it is shown, and not in lists."""
    made = client.webhooks.add(URL, ["campaign.*"], note="Website")
    name = made.value["id"]
    assert client.webhooks.get(name) == made
    assert [one["id"] for one in client.webhooks.list()] == [name]
    changed = client.webhooks.change(name, made.etag, types=["*"])
    assert (changed.value["types"], changed.value["url"]) == (["*"], URL)
    with pytest.raises(ChangedError):
        client.webhooks.change(name, made.etag, note="Shop")
    assert client.webhooks.pause(name, reason="move").value["state"] == "paused"
    assert client.webhooks.resume(name).value["state"] == "active"
    rotated = client.webhooks.rotate(name).value
    assert rotated["old_secret"] == made.value["secret"]
    assert client.webhooks.attempts(name)["attempts"] == []
    client.webhooks.remove(name)
    with pytest.raises(NotFoundError):
        client.webhooks.get(name)


def test_mail_of_a_template_is_queued_once_for_a_key(client: Client) -> None:
    """A program that was killed asks again."""
    made = client.templates.upload(zipped(files()))
    assert made["changed"]
    assert client.templates.get("registration").value["variables"]["day"]["type"] == "date"
    shown = client.templates.preview("registration", language="fr")
    assert shown["language"] == "fr"
    data = dict(DATA)
    for _ in range(2):
        sent = client.with_key("order-1").mail.send("registration", "zoe@example.org", data=data)
    assert client.mail.get(sent["mail"])["state"] == "queued"
    assert [one["mail"] for one in client.mail.list(template="registration")] == [sent["mail"]]
    client.suppressions.add("yan@example.org", "by phone")
    with pytest.raises(ConflictError, match="mail_refused"):
        client.mail.send("registration", "yan@example.org", data=data)


def test_reader_who_waits_is_approved_or_declined(store: Store, data_dir: Path) -> None:
    """The secretariat's own program decides."""
    topics = {"bulletin": {}, "press": {"moderated": True}}
    api = ApiClient(store, data_dir, topics=topics)
    addresses = [f"reader{number}@example.org" for number in range(3)]
    for address in addresses:
        api.web.mail.subscribed(to="subscribe+press", author=address)
    with served(api.web.app) as address, Client(address, api.token) as client:
        first, second, _ = client.subscribers.waiting(limit=1)
        assert client.subscribers.approve(first["subscriber"], "press")["changed"]
        assert client.subscribers.decline(second["subscriber"], "press", silently=True)["changed"]
        assert len(list(client.subscribers.waiting(topic="press"))) == 1
        assert client.subscribers.get(first["subscriber"]).value["topics"] == ["press"]
