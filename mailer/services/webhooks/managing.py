"""What people do with web hooks: add endpoints, look at them, pause, test, replay."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.events import Event
from mailer.domain.webhooks.answer import Answer, Verdict
from mailer.domain.webhooks.endpoint import (
    IDENTITY,
    Action,
    Endpoint,
    State,
    parse_note,
    parse_types,
)
from mailer.domain.webhooks.payload import TEST
from mailer.domain.webhooks.signing import secret_of
from mailer.domain.webhooks.url import parse_url
from mailer.errors import InputError, NotFoundError, StateError
from mailer.services.access import once
from mailer.services.access.acting import act, current
from mailer.services.webhooks.posting import Poster
from mailer.store import events
from mailer.store.server.connection import Store
from mailer.store.webhooks import deliveries, endpoints
from mailer.store.webhooks.deliveries import Attempt, Standing
from mailer.store.webhooks.endpoints import Follow

__all__ = ["Answer", "Attempt", "Endpoint", "Seen", "Standing", "State", "Verdict", "Webhooks"]

_BEGIN: Final = "0"


@dataclass(frozen=True, slots=True)
class Seen:
    """An endpoint with all that is known of it."""

    endpoint: Endpoint
    standing: Standing
    attempts: Sequence[Attempt]
    """The last tries, the newest first."""
    secret: str
    """By which its receiver checks the signatures."""
    old_secret: str
    """Still good beside it; empty: none is."""


class Webhooks:
    """The endpoints that are told of events."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up with the store, the settings and a clock.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._settings, self._clock = store, settings, clock
        self._key = secret_key(settings)

    @act("webhooks.add", "types")
    def add(self, url: str, types: Sequence[str], *, note: str = "") -> Endpoint:
        """Add an endpoint; it is told of what happens from now on.

        Args:
            url: where to.
            types: of the events that it wants, such as `campaign.finished`, `campaign.*` or `*`.
            note: what it is for.

        Raises:
            InputError: the URL or a type cannot be taken, or there are too many endpoints.
        """
        if known := once.made():
            return self.get(known)
        now = self._clock.now()
        endpoint = Endpoint(
            id=f"wh{secrets.token_hex(6)}",
            url=str(parse_url(url, self._settings.webhook_allow_networks)),
            types=parse_types(types),
            created=now,
            note=parse_note(note),
        )
        facts = {"endpoint": endpoint.id, "types": " ".join(endpoint.types), "by": _who()}
        told = Event("webhook.added", now, facts)
        if not endpoints.add(self._store, endpoint, told, once.binding(endpoint.id)):
            said = f"there are {endpoints.MOST} endpoints already"
            remedy = "remove one that nobody needs"
            raise InputError.of("", said, remedy, code="webhook.too_many")
        return endpoint

    @act("webhooks.list")
    def every(self) -> list[tuple[Endpoint, Standing]]:
        """List all endpoints with how they fare, the oldest first."""
        found = ((one, deliveries.standing(self._store, one.id)) for one in self._all())
        return [(one, standing) for one, standing in found if standing is not None]

    def get(self, identity: str) -> Endpoint:
        """Load an endpoint.

        Raises:
            NotFoundError: there is none of that id.
        """
        known = IDENTITY.fullmatch(identity)
        found = endpoints.get(self._store, identity) if known else None
        if found is None:
            raise NotFoundError("web hook", identity)
        return found

    @act("webhooks.list")
    def show(self, identity: str) -> Seen:
        """Tell all that is known of an endpoint.

        Raises:
            NotFoundError: there is none of that id.
        """
        endpoint = self.get(identity)
        standing = deliveries.standing(self._store, identity) or Standing("0-0")
        attempts = deliveries.attempts(self._store, identity)
        good = endpoint.secrets(self._clock.now())
        given = [secret_of(self._key, identity, number) for number in good]
        return Seen(endpoint, standing, attempts, given[0], "".join(given[1:]))

    @act("webhooks.change", "identity")
    def change(
        self,
        identity: str,
        *,
        url: str | None = None,
        types: Sequence[str] | None = None,
        note: str | None = None,
    ) -> Endpoint:
        """Change where an endpoint is, or what it wants from now on; none: that stays as it is.

        What waits for it already is still sent.

        Raises:
            NotFoundError: there is none of that id.
            InputError: the URL or a type cannot be taken.
        """
        new: dict[str, object] = {}
        if url is not None:
            new["url"] = str(parse_url(url, self._settings.webhook_allow_networks))
        if types is not None:
            new["types"] = parse_types(types)
        if note is not None:
            new["note"] = parse_note(note)

        def changed(endpoint: Endpoint) -> tuple[Endpoint, str, Mapping[str, str]]:
            fields = " ".join(name for name in new if getattr(endpoint, name) != new[name])
            return replace(endpoint, **new), "webhook.changed", {"fields": fields}  # type: ignore[arg-type]

        return self._changed(identity, changed)

    @act("webhooks.rotate", "identity")
    def rotate(self, identity: str) -> Endpoint:
        """Give an endpoint a new secret; the old one signs beside it for 24 hours.

        Raises:
            NotFoundError: there is none of that id.
            StateError: that was done in the last 24 hours: a third secret would cut off the first.
        """
        if once.made():
            return self.get(identity)
        now = self._clock.now()

        def rotated(endpoint: Endpoint) -> tuple[Endpoint, str, Mapping[str, str]]:
            if len(endpoint.secrets(now)) > 1:
                remedy = "Do so again when the old secret is not good any more, after 24 hours."
                said = "given a new one already, and the one before is still good"
                action = "change the secret of"
                raise StateError("web hook", identity, "rotated", action, remedy, said=said)
            after = replace(endpoint, secret=endpoint.secret + 1, rotated=now)
            return after, "webhook.rotated", {}

        return self._changed(identity, rotated, once.binding(identity))

    @act("webhooks.pause", "identity")
    def pause(self, identity: str, *, reason: str = "") -> Endpoint:
        """Send an endpoint nothing for now; what happens meanwhile is sent when it is resumed.

        Raises:
            NotFoundError: there is none of that id.
        """
        now, why = self._clock.now(), parse_note(reason)

        def paused(endpoint: Endpoint) -> tuple[Endpoint, str, Mapping[str, str]]:
            after = endpoint.after(Action.PAUSE, now, by=_who(), reason=why)
            return after, "webhook.paused", {"reason": after.reason}

        return self._changed(identity, paused)

    @act("webhooks.resume", "identity")
    def resume(self, identity: str) -> Endpoint:
        """Let an endpoint be told again, of all that happened meanwhile.

        Raises:
            NotFoundError: there is none of that id.
        """
        now = self._clock.now()

        def resumed(endpoint: Endpoint) -> tuple[Endpoint, str, Mapping[str, str]]:
            return endpoint.after(Action.RESUME, now), "webhook.resumed", {}

        return self._changed(identity, resumed)

    @act("webhooks.remove", "identity")
    def remove(self, identity: str) -> None:
        """Remove an endpoint with all that waits for it.

        Raises:
            NotFoundError: there is none of that id.
        """
        facts = {"endpoint": identity, "by": _who()}
        event = Event("webhook.removed", self._clock.now(), facts)
        while not endpoints.remove(self._store, self.get(identity), event):
            pass

    @act("webhooks.test", "identity")
    async def test(self, identity: str, *, poster: Poster | None = None) -> Answer:
        """Send an endpoint a `webhook.test` right now, whatever its state; returns its answer.

        If it takes that, all that waits for it is tried anew at once.

        Args:
            identity: its id.
            poster: posts; none: one that goes by the settings.

        Raises:
            NotFoundError: there is none of that id.
        """
        endpoint, now = self.get(identity), self._clock.now()
        posting = poster or Poster(self._settings)
        fields = {"type": TEST, "at": now.isoformat(timespec="milliseconds"), "endpoint": identity}
        try:
            answer = await posting.post(endpoint, f"test-{secrets.token_hex(8)}", fields, now)
        finally:
            if poster is None:
                await posting.close()
        facts = {"endpoint": identity, "answer": answer.reason, "by": _who()}
        events.record(self._store, Event("webhook.tested", now, facts))
        if answer.verdict is Verdict.DELIVERED:
            endpoints.revive(self._store, identity, now)
        return answer

    @act("webhooks.replay", "identity")
    def replay(self, identity: str, *, since: str, until: str = "") -> Endpoint:
        """Send events once more that an endpoint wants, under the same ids.

        Args:
            identity: its id.
            since: id of the event after which it begins, or Unix milliseconds.
            until: id of the last one; empty: the last there is now.

        Raises:
            NotFoundError: there is none of that id.
            StateError: another replay goes on.
            InputError: nothing lies between the two.
        """
        if once.made():
            return self.get(identity)
        last = until or events.last_id(self._store)
        if not events.page(self._store, f"({since or _BEGIN}", 1, last):
            said, remedy = "there are no events in that time", "go further back"
            raise InputError.of("since", said, remedy, code="webhook.no_events")
        now = self._clock.now()

        def follow(pipe: object) -> None:
            bounds = {"after": since or _BEGIN, "until": last}
            deliveries.replay(self._store, identity, **bounds, now=now, pipe=pipe)
            once.bind(pipe, identity)

        def replayed(endpoint: Endpoint) -> tuple[Endpoint, str, Mapping[str, str]]:
            standing = deliveries.standing(self._store, identity)
            if standing is not None and standing.replay:
                said, remedy = "sent some again already", "Wait for the end of that."
                raise StateError(
                    "web hook", identity, "replaying", "replay events to", remedy, said=said
                )
            facts = {"after": since or _BEGIN, "until": last}
            return endpoint, "webhook.replayed", facts

        return self._changed(identity, replayed, follow)

    def _all(self) -> list[Endpoint]:
        return endpoints.every(self._store)

    def _changed(
        self,
        identity: str,
        decide: Callable[[Endpoint], tuple[Endpoint, str, Mapping[str, str]]],
        follow: Follow | None = None,
    ) -> Endpoint:
        """Change an endpoint as `decide` says; again if somebody else did so meanwhile."""
        while True:
            before = self.get(identity)
            after, kind, facts = decide(before)
            if after == before and follow is None:
                return before
            told = Event(kind, self._clock.now(), {"endpoint": identity, **facts, "by": _who()})
            if endpoints.change(self._store, before, after, told, follow=follow):
                return after


def _who() -> str:
    actor = current()
    return str(actor) if actor else "service"
