"""Endpoints of web hooks."""

from __future__ import annotations

from collections.abc import Sequence

from mailer.client import reading
from mailer.client.answers.webhooks import Attempts, Listed, Tested, WithSecret
from mailer.client.asking import Ask, Mode, Resource, call, listing
from mailer.client.reading import Tagged


class Webhooks(Resource[Mode]):
    """Endpoints that are told of events, by their ids (`name`)."""

    @listing("/webhooks")
    def list(self, *, limit: int = 100) -> Ask[Listed]:
        """Iterate over them and how they fare, the oldest first; without their secrets."""
        return Ask(reading.same, query={"limit": limit})

    @call("POST", "/webhooks")
    def add(self, url: str, types: Sequence[str], *, note: str = "") -> Ask[Tagged[WithSecret]]:
        """Add an endpoint, which is told of what happens from now on.

        Args:
            url: where events are posted to; https.
            types: of events, such as `campaign.finished`, `campaign.*` or `*`.
            note: what it is for; no secrets.
        """
        return Ask(reading.tagged, json={"url": url, "types": types, "note": note})

    @call("GET", "/webhooks/{name}")
    def get(self, name: str) -> Ask[Tagged[WithSecret]]:
        """Show an endpoint, with its secret."""
        return Ask(reading.tagged, path={"name": name})

    @call("GET", "/webhooks/{name}/attempts")
    def attempts(self, name: str) -> Ask[Attempts]:
        """Tell how an endpoint fares, and what came of the last tries."""
        return Ask(reading.whole, path={"name": name})

    @call("PATCH", "/webhooks/{name}")
    def change(
        self,
        name: str,
        etag: str,
        *,
        url: str | None = None,
        types: Sequence[str] | None = None,
        note: str | None = None,
    ) -> Ask[Tagged[WithSecret]]:
        """Change what is given. What waits is still sent."""
        body, headers = {"url": url, "types": types, "note": note}, {"If-Match": etag}
        return Ask(reading.tagged, path={"name": name}, json=body, headers=headers)

    @call("POST", "/webhooks/{name}/rotate")
    def rotate(self, name: str) -> Ask[Tagged[WithSecret]]:
        """Give an endpoint a new secret; the old one signs beside it for 24 hours."""
        return Ask(reading.tagged, path={"name": name})

    @call("POST", "/webhooks/{name}/pause")
    def pause(self, name: str, *, reason: str = "") -> Ask[Tagged[WithSecret]]:
        """Send an endpoint nothing for now; `resume` sends what happens meanwhile."""
        return Ask(reading.tagged, path={"name": name}, json={"reason": reason})

    @call("POST", "/webhooks/{name}/resume")
    def resume(self, name: str) -> Ask[Tagged[WithSecret]]:
        """Let an endpoint be told again, of all that happened meanwhile."""
        return Ask(reading.tagged, path={"name": name})

    @call("DELETE", "/webhooks/{name}")
    def remove(self, name: str, *, etag: str = "") -> Ask[None]:
        """Remove an endpoint with all that waits for it."""
        return Ask(reading.nothing, path={"name": name}, headers={"If-Match": etag})

    @call("POST", "/webhooks/{name}/test")
    def test(self, name: str) -> Ask[Tested]:
        """Send an endpoint a `webhook.test` right now, whatever its state, and tell its answer."""
        return Ask(reading.whole, path={"name": name})

    @call("POST", "/webhooks/{name}/replay")
    def replay(self, name: str, since: str, *, until: str = "") -> Ask[Tagged[WithSecret]]:
        """Send events once more that an endpoint wants, under the same ids.

        Args:
            name: the endpoint's id.
            since: id of the event after which it begins, or Unix milliseconds.
            until: id of the last one; empty: the last there is now.
        """
        return Ask(reading.tagged, path={"name": name}, json={"since": since, "until": until})
