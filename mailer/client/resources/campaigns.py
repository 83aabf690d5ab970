"""Campaigns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from mailer.client import reading
from mailer.client.answers.campaigns import (
    Approval,
    Campaign,
    Cancelled,
    Delivery,
    Done,
    Fate,
    Forecast,
    Preflight,
    Proposed,
    Report,
    Tests,
)
from mailer.client.asking import Ask, Mode, Resource, call, events, listing
from mailer.client.reading import Tagged


class Campaigns(Resource[Mode]):
    """Campaigns, by their numbers.

    What mails many wants to know how many readers you expect (`readers`, which may differ by
    `tolerance`), or `any_size`; another number is refused (`ConflictError`, `other_size`).
    """

    @call("POST", "/campaigns")
    def create(
        self,
        edition: str,
        topic: str,
        *,
        tags: Sequence[str] = (),
        rule: str = "",
        not_yet: bool = False,
    ) -> Ask[Campaign]:
        """Make a campaign: a draft, that sends nothing.

        Args:
            edition: its short name.
            topic: whose subscribers get it.
            tags: only readers with one of these.
            rule: only readers who fit this audience rule.
            not_yet: only readers who have not had it by another campaign.
        """
        draft = {"edition": edition, "topic": topic, "tags": tags, "rule": rule}
        return Ask(reading.whole, json={**draft, "not_yet": not_yet})

    @listing("/campaigns")
    def list(self, *, limit: int = 20) -> Ask[Campaign]:
        """Iterate over them, the newest first."""
        return Ask(reading.same, query={"limit": limit})

    @call("GET", "/campaigns/{number}")
    def status(self, number: int) -> Ask[Tagged[Campaign]]:
        """Tell how a campaign stands."""
        return Ask(reading.tagged, path={"number": number})

    @call("GET", "/campaigns/{number}/forecast")
    def forecast(self, number: int, *, not_yet: bool = False) -> Ask[Forecast]:
        """Tell who would get a campaign if it went out now, and who has had it already."""
        return Ask(reading.whole, path={"number": number}, query={"not_yet": not_yet})

    @call("GET", "/campaigns/{number}/findings")
    def findings(self, number: int) -> Ask[Preflight]:
        """List what is to be mended in a campaign's edition before it goes out."""
        return Ask(reading.whole, path={"number": number})

    @call("POST", "/campaigns/{number}/test")
    def test(self, number: int, to: str, *, languages: Sequence[str] = ()) -> Ask[Tests]:
        """Send one real message for each language to an address, now."""
        return Ask(reading.whole, path={"number": number}, json={"to": to, "languages": languages})

    @call("GET", "/campaigns/{number}/approval")
    def approval(self, number: int) -> Ask[Approval]:
        """Tell whether a campaign needs a second person, and whether it has one."""
        return Ask(reading.whole, path={"number": number})

    @call("POST", "/campaigns/{number}/propose")
    def propose(self, number: int, *, at: datetime | None = None) -> Ask[Proposed]:
        """Propose a campaign to a second person, as it is now; without a time: to go at once."""
        return Ask(reading.whole, path={"number": number}, json={"at": at})

    @call("POST", "/campaigns/{number}/approve")
    def approve(self, number: int, terms: str) -> Ask[Proposed]:
        """Approve what somebody else proposed, on exactly these terms. Sends nothing by itself."""
        return Ask(reading.whole, path={"number": number}, json={"terms": terms})

    @call("POST", "/campaigns/{number}/withdraw")
    def withdraw(self, number: int) -> Ask[None]:
        """Take a proposal back, and an approval of it."""
        return Ask(reading.nothing, path={"number": number})

    @call("POST", "/campaigns/{number}/send")
    def send(
        self,
        number: int,
        *,
        readers: int | None = None,
        tolerance: int = 0,
        any_size: bool = False,
        not_yet: bool = False,
        force: bool = False,
    ) -> Ask[Campaign]:
        """Send a campaign now. Each is sent once.

        Args:
            number: the campaign's.
            readers: how many you expect it to reach, as `forecast` tells.
            tolerance: by how many the present number may differ.
            any_size: however many it reaches.
            not_yet: only readers who have not had it by another campaign.
            force: also if the edition has errors.
        """
        size = {"readers": readers, "tolerance": tolerance, "any_size": any_size}
        body = {**size, "not_yet": not_yet, "force": force}
        return Ask(reading.whole, path={"number": number}, json=body)

    @call("POST", "/campaigns/{number}/schedule")
    def schedule(
        self,
        number: int,
        at: datetime,
        *,
        zone: str | None = None,
        readers: int | None = None,
        tolerance: int = 0,
        any_size: bool = False,
        not_yet: bool = False,
        force: bool = False,
    ) -> Ask[Campaign]:
        """Let a campaign start by itself, or at another time than before.

        Args:
            number: the campaign's.
            at: when: a local time in `zone`, or one with its own distance from UTC.
            zone: IANA name, such as Europe/Zurich; None: UTC.
            readers: how many would get it now, as `forecast` tells.
            tolerance: by how many the present number may differ.
            any_size: however many it reaches.
            not_yet: only readers who have not had it by another campaign.
            force: also if the edition has errors.
        """
        size = {"readers": readers, "tolerance": tolerance, "any_size": any_size}
        body = {**size, "not_yet": not_yet, "force": force, "at": at, "zone": zone}
        return Ask(reading.whole, path={"number": number}, json=body)

    @call("PATCH", "/campaigns/{number}")
    def change(
        self,
        number: int,
        *,
        edition: str | None = None,
        topic: str | None = None,
        tags: Sequence[str] | None = None,
        rule: str | None = None,
        not_yet: bool | None = None,
        at: datetime | None = None,
        zone: str | None = None,
        at_once: bool = False,
    ) -> Ask[Campaign]:
        """Change a draft; None: that stays. What was approved of it may be void.

        Args:
            number: the campaign's.
            edition: its short name.
            topic: whose subscribers get it.
            tags: only readers with one of these.
            rule: only readers who fit this audience rule; empty: no rule.
            not_yet: only readers who have not had it by another campaign.
            at: when it is meant to go out; nothing starts by it.
            zone: IANA name, for a time without its own distance from UTC.
            at_once: forget a time given before.
        """
        body = {
            "edition": edition,
            "topic": topic,
            "tags": tags,
            "rule": rule,
            "not_yet": not_yet,
            "at": at,
            "zone": zone,
            "at_once": at_once,
        }
        return Ask(reading.whole, path={"number": number}, json=body)

    @call("PUT", "/campaigns/{number}/speed")
    def speed(self, number: int, speed: str) -> Ask[Campaign]:
        """Limit how fast it goes out, as `600 a minute`; empty: no limit of its own."""
        return Ask(reading.whole, path={"number": number}, json={"speed": speed})

    @call("GET", "/campaigns/{number}/report")
    def report(self, number: int) -> Ask[Report]:
        """Tell what came of a campaign."""
        return Ask(reading.whole, path={"number": number})

    @call("POST", "/campaigns/{number}/retry")
    def retry(
        self,
        number: int,
        *,
        readers: int | None = None,
        tolerance: int = 0,
        any_size: bool = False,
    ) -> Ask[Done]:
        """Try those again whom a relay refused for a reason that may be over."""
        size = {"readers": readers, "tolerance": tolerance, "any_size": any_size}
        return Ask(reading.whole, path={"number": number}, json=size)

    @call("POST", "/campaigns/{number}/resolve")
    def resolve(
        self,
        number: int,
        resolution: Literal["sent", "again"],
        *,
        readers: int | None = None,
        tolerance: int = 0,
        any_size: bool = False,
    ) -> Ask[Done]:
        """Count deliveries of unknown outcome as accepted, or send them again."""
        size = {"readers": readers, "tolerance": tolerance, "any_size": any_size}
        body = {**size, "resolution": resolution}
        return Ask(reading.whole, path={"number": number}, json=body)

    @call("POST", "/campaigns/{number}/repeat")
    def repeat(self, number: int) -> Ask[Campaign]:
        """Make a draft with the same edition for the readers whom a campaign missed."""
        return Ask(reading.whole, path={"number": number})

    @call("POST", "/campaigns/{number}/pause")
    def pause(self, number: int) -> Ask[Campaign]:
        """Stop a campaign within a second; it can go on later."""
        return Ask(reading.whole, path={"number": number})

    @call("POST", "/campaigns/{number}/resume")
    def resume(
        self,
        number: int,
        *,
        readers: int | None = None,
        tolerance: int = 0,
        any_size: bool = False,
    ) -> Ask[Campaign]:
        """Let a paused campaign go on; `readers`: its outstanding deliveries."""
        size = {"readers": readers, "tolerance": tolerance, "any_size": any_size}
        return Ask(reading.whole, path={"number": number}, json=size)

    @call("POST", "/campaigns/{number}/cancel")
    def cancel(self, number: int) -> Ask[Cancelled]:
        """End a campaign for good. Mail that has left cannot be called back."""
        return Ask(reading.whole, path={"number": number})

    @listing("/campaigns/{number}/deliveries")
    def deliveries(
        self, number: int, *, outcome: Sequence[Fate] = (), limit: int = 100
    ) -> Ask[Delivery]:
        """Iterate over those who did not get a campaign, or not yet, with the reasons."""
        return Ask(
            reading.same, path={"number": number}, query={"outcome": outcome, "limit": limit}
        )

    @events("/campaigns/{number}/progress")
    def progress(self, number: int) -> Ask[Campaign]:
        """Iterate over how a campaign stands, whenever that changes, until it has ended."""
        return Ask(reading.event, path={"number": number})
