"""Makes campaigns, starts and stops them, and tells how they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.campaigns.campaign import TRANSITIONS, Action, Campaign, State
from mailer.domain.campaigns.instant import instant_of
from mailer.domain.campaigns.size import Expected
from mailer.domain.events import Event
from mailer.errors import MailerError, StateError
from mailer.services.access import once
from mailer.services.access.acting import act, current, tell
from mailer.services.calendar.forecast import forecast
from mailer.services.campaigns import readers
from mailer.services.campaigns.approving import Approvals
from mailer.services.campaigns.drafting import check_topic, refuse_past
from mailer.services.campaigns.sizes import agree
from mailer.services.campaigns.starting import OvertakenError, Start, and_told, unless_moved
from mailer.services.campaigns.status import Status, status_of
from mailer.services.editions import library as editions
from mailer.services.segments import rules
from mailer.services.sending import contents
from mailer.services.sending.contents import Content, Lack, NothingError
from mailer.store import queue
from mailer.store.campaigns import books
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store

MOST_LANES: Final = 32
"""Jobs that send one campaign at once, at most; each occupies a worker."""


class Campaigns:
    """The use cases around campaigns, on an open store."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store, self._settings, self._clock = store, settings, clock

    @act("campaigns.create", "slug", "topic", "tags", "not_yet", "rule", "among")
    def create(
        self,
        slug: str,
        topic: str,
        tags: tuple[str, ...] = (),
        *,
        not_yet: bool = False,
        rule: str = "",
        among: int = 0,
    ) -> Campaign:
        """Make a draft that sends an edition to the subscribers of a topic.

        Args:
            slug: the edition's.
            topic: whose subscribers get it.
            tags: only those with one of these, if there are any.
            not_yet: only those who have not had the edition by another campaign.
            rule: only those of whom this audience rule holds.
            among: only those who stood in the audience of that campaign; 0: also others.

        Raises:
            NotFoundError: the edition was never imported.
            InputError: there is no such topic; or the rule is none (`RuleError`).
        """
        if known := once.made():
            return campaigns.get(self._store, int(known))
        editions.load(self._store, self._settings.topics, slug)
        check_topic(self._settings, topic)
        made = campaigns.create(
            self._store,
            edition=slug,
            topic=topic,
            tags=tags,
            unknown_policy=self._settings.unknown_policy,
            not_yet=not_yet,
            rule=rules.canonical(self._store, self._settings, rule) if rule else "",
            among=among,
            now=self._clock.now(),
            follow_up=lambda number: lambda pipe: once.bind(pipe, str(number)),
        )
        tell(campaign=made.number)
        return made

    @act("campaigns.send", "number", "not_yet")
    def send(
        self, number: int, *, not_yet: bool = False, expected: Expected | None = None
    ) -> Campaign:
        """Start a campaign now: freeze its audience and put its first jobs in the queue.

        Args:
            number: the campaign's.
            not_yet: only to those who have not had the edition by another campaign; so it is in
                any case if it was made or scheduled so.
            expected: how many readers whoever asks has in view; None: a person has seen it.

        Raises:
            StateError: it was started, or ended, before; or nobody would get it.
            OtherSizeError: another number of readers would get it.
            ConfigError: the settings lack what every message needs.
        """
        self._settings.check_for_sending()
        campaign = campaigns.get(self._store, number)
        campaign = replace(campaign, not_yet=campaign.not_yet or not_yet)
        if campaign.is_over(self._clock.now()):
            raise NothingError(campaign, Lack.OVER, "about something that is over", "Cancel it.")
        content = contents.load(self._store, self._settings, campaign)
        contents.keep(self._store, campaign, content)
        due = campaign.state is State.SCHEDULED and campaign.is_due(self._clock.now())
        approvals = Approvals(self._store, self._settings, self._clock)
        at = campaign.scheduled_at if due else None

        def allowed(planned: int, rule: str) -> None:
            agree(expected, planned)
            approvals.require(campaign, content.version, at, planned, rule)

        while True:
            start = Start(self._store, self._settings, content, self._clock.now(), allowed)
            start.freeze(campaign)
            try:
                return self._begin(campaign, content, start)
            except OvertakenError:
                continue  # another campaign began meanwhile, perhaps with the same edition
            except MailerError:
                start.thaw(campaign)
                raise

    def _begin(self, campaign: Campaign, content: Content, start: Start) -> Campaign:
        """Start a campaign whose audience is frozen."""
        identity = campaigns.draw_identity(self._store, campaign.number)
        begun = campaigns.begin(
            self._store,
            campaign,
            event=start.event,
            changes={
                "digest": content.version,
                "identity": f"{identity:x}",
                "reason": "",
                "started_at": start.now.isoformat(),
                "look": str(self._settings.look.revision),
                **_by(),
                **({"not_yet": "1"} if campaign.not_yet else {}),
                **({"resolved": start.concerned.rule} if campaign.rule else {}),
            },
            follow_up=and_told(unless_moved(campaign, start.follow_up), content.version),
            asks_others=start.concerned.asks_others,
        )
        before, after = ({"state": one.state.value} for one in (campaign, begun))
        tell(before=before, after=after, digest=content.version)
        return begun

    @act("campaigns.schedule", "number", "at", "zone", "not_yet")
    def schedule(
        self,
        number: int,
        at: datetime,
        zone: str,
        *,
        not_yet: bool = False,
        expected: Expected | None = None,
    ) -> Campaign:
        """Let a campaign start by itself.

        Args:
            number: the campaign's.
            at: local time in the zone; a time that a clock change skips or repeats is refused.
            zone: IANA name.
            not_yet: only to those who have not had the edition by then.
            expected: as by `send`, of those who would get it as of now.

        Raises:
            OtherSizeError: another number of readers would get it.
            InputError: the zone is unknown, the time does not exist there, or is past.
            StateError: the campaign's state does not allow it.
        """
        self._settings.check_for_sending()
        instant = instant_of(at, zone)
        now = self._clock.now()
        refuse_past(at, zone, instant, now)
        self._check_start(number, instant, not_yet=not_yet, expected=expected)
        fields: dict[str, str | int] = {"campaign": number, "due": instant.isoformat()}
        return campaigns.move(
            self._store,
            number,
            Action.SCHEDULE,
            event=lambda _: Event("campaign.scheduled", now, fields),
            changes={
                "scheduled_at": instant.isoformat(),
                "zone": zone,
                "reason": "",
                **_by(),
                **({"not_yet": "1"} if not_yet else {}),
            },
            follow_up=lambda _: lambda pipe: campaigns.schedule(pipe, number, instant),
        )

    def _check_start(
        self, number: int, instant: datetime, *, not_yet: bool, expected: Expected | None
    ) -> None:
        """Refuse to schedule what would be held when its time comes, or is larger than meant."""
        campaign = campaigns.get(self._store, number)
        campaign = replace(campaign, not_yet=campaign.not_yet or not_yet)
        planned = sum(forecast(self._store, self._settings, campaign).values())
        agree(expected, planned)
        content = contents.load(self._store, self._settings, campaign)
        approvals = Approvals(self._store, self._settings, self._clock)
        rule = readers.rule_of(self._store, self._settings, campaign)
        approvals.require(campaign, content.version, instant, planned, rule)

    @act("campaigns.pause", "number")
    def pause(self, number: int, reason: str = "by hand") -> Campaign:
        """Stop a campaign at the next delivery's edge, within a second."""
        fields: dict[str, str | int] = {"campaign": number, "reason": reason}
        return self._move(
            number,
            Action.PAUSE,
            event="campaign.paused",
            fields=fields,
            changes={"reason": reason},
        )

    @act("campaigns.resume", "number")
    def resume(self, number: int, expected: Expected | None = None) -> Campaign:
        """Resume a paused campaign where it stopped.

        Args:
            number: the campaign's.
            expected: as by `send`, of the deliveries that are outstanding.

        Raises:
            OtherSizeError: more are outstanding.
            StateError: it is not paused.
        """
        if expected is not None:
            campaign = campaigns.get(self._store, number)
            TRANSITIONS.follow(campaign.state, Action.RESUME, number)
            outstanding = books.count(self._store, number).outstanding
            if outstanding > expected.readers:  # what was under way when it was paused is done now
                agree(expected, outstanding)
        return self._move(
            number,
            Action.RESUME,
            event="campaign.resumed",
            fields={"campaign": number},
            changes={"reason": ""},
            follow_up=lambda _: (
                lambda pipe: queue.enqueue_lanes(self._store, number, self._settings.workers, pipe)
            ),
        )

    def hold(self, number: int, reason: str) -> Campaign:
        """Keep a scheduled campaign from starting by itself, until a person decides."""
        fields: dict[str, str | int] = {"campaign": number, "reason": reason}
        return self._move(
            number, Action.HOLD, event="campaign.held", fields=fields, changes={"reason": reason}
        )

    @act("campaigns.cancel", "number")
    def cancel(self, number: int) -> tuple[Campaign, int]:
        """End a campaign for good; what has not begun is skipped.

        Returns:
            The campaign, and how many deliveries this call skipped.
        """
        campaign = campaigns.get(self._store, number)
        done, what = books.cancel(self._store, number, self._clock.now())
        if not done:
            raise StateError("campaign", str(number), what, Action.CANCEL.value)
        self._store.durable()
        tell(before={"state": campaign.state.value}, skipped=int(what))
        self.close_if_complete(number)
        return campaigns.get(self._store, number), int(what)

    @act("campaigns.status")
    def status(self, number: int) -> Status:
        """Tell how a campaign stands.

        Raises:
            NotFoundError: there is none of that number.
        """
        return status_of(self._store, self._settings, number, self._clock.now())

    def watched(self, number: int) -> Status:
        """Tell the same to one who goes on looking: waits for a store that is being restarted.

        Raises:
            NotFoundError: there is none of that number.
            StoreLostError: the store did not come back.
        """
        return self._store.patiently(lambda: self.status(number))

    @act("campaigns.list")
    def all(self) -> list[Status]:
        """Tell how all campaigns stand, the newest first."""
        return [self.status(one.number) for one in [*campaigns.newest_first(self._store)]]

    @act("campaigns.status")
    def find(self, number: int) -> Campaign:
        """Return a campaign.

        Raises:
            NotFoundError: there is none of that number.
        """
        return campaigns.get(self._store, number)

    @act("campaigns.list")
    def page(self, before: int = 0, most: int = 50) -> list[Status]:
        """Tell how some campaigns stand, the newest first.

        Args:
            before: only campaigns with a lower number; 0: from the newest.
            most: how many.
        """
        found = islice(campaigns.newest_first(self._store, before), most)
        return [self.status(one.number) for one in [*found]]

    def has_workers(self) -> bool:
        """Tell whether any worker runs that sends campaigns."""
        return queue.count_workers(self._store) > 0

    def close_if_complete(self, number: int) -> bool:
        """Close the books if nothing is left to do and they balance (law 2).

        Returns:
            True if this call closed them.
        """
        counts = books.count(self._store, number)
        if not counts.complete:
            return False
        closed = books.close(self._store, number, counts, self._clock.now())
        if closed:
            queue.enqueue_tally(self._store, number)
        return closed

    def _move(
        self,
        number: int,
        action: Action,
        *,
        event: str,
        fields: Mapping[str, str | int],
        changes: Mapping[str, str],
        follow_up: Callable[[Campaign], Callable[[Any], None]] | None = None,
    ) -> Campaign:
        now = self._clock.now()

        def told(before: Campaign) -> Event:
            tell(before={"state": before.state.value})
            return Event(event, now, fields)

        after = campaigns.move(
            self._store, number, action, event=told, changes=changes, follow_up=follow_up
        )
        tell(after={"state": after.state.value})
        return after


def _by() -> Mapping[str, str]:
    """Return the field that tells who starts or schedules it; the service leaves it as it is."""
    actor = current()
    return {"starter": actor.person} if actor else {}


def lanes(store: Store, settings: Settings) -> int:
    """Tell how many jobs of one campaign may wait in the queue: one for each worker.

    With more, a campaign that starts later would wait until each had its turn.
    """
    workers = max(queue.count_workers(store), settings.workers)
    return min(workers, MOST_LANES)
