"""Keeps campaigns: their fields, and each change of state with its event and its jobs."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

import redis

from mailer.domain.campaigns.campaign import TRANSITIONS, About, Action, Campaign, State, is_repeat
from mailer.domain.events import Event
from mailer.domain.subscribers.bearer import IDENTITY_BITS, LARGEST_CAMPAIGN, LEAST_IDENTITY, short
from mailer.errors import NotFoundError
from mailer.store import events, keys
from mailer.store.campaigns import throttle
from mailer.store.server.connection import Store

_READ: Final = 1000
"""Campaigns fetched in one round trip."""

FollowUp = Callable[[Any], None]
"""Adds commands to the transaction that changes a state: jobs, keys."""


def create(
    store: Store,
    *,
    edition: str,
    topic: str,
    tags: tuple[str, ...],
    unknown_policy: str,
    now: datetime,
    not_yet: bool = False,
    rule: str = "",
    among: int = 0,
    follow_up: Callable[[int], Callable[[Any], None]] | None = None,
) -> Campaign:
    """Make a draft; returns it with its number. `follow_up` adds to the transaction."""
    number = next_number(store)
    campaign = Campaign(
        number,
        State.DRAFT,
        edition,
        topic,
        now,
        tags=tags,
        unknown_policy=unknown_policy,
        not_yet=not_yet,
        rule=rule,
        among=among,
    )
    with store.redis.pipeline(transaction=True) as pipe:
        add(pipe, campaign)
        if follow_up is not None:
            follow_up(number)(pipe)
        pipe.execute()
    store.durable()
    return campaign


def next_number(store: Store) -> int:
    """Give out a campaign's number; one that is not used leaves a gap, and no more."""
    return int(store.redis.incr(keys.CAMPAIGN_NEXT))


def add(pipe: Any, campaign: Campaign) -> None:
    """Add a new campaign to a transaction: a draft, or one that starts at its time by itself."""
    about = campaign.about
    pipe.hset(keys.campaign(campaign.number), mapping=_fields(campaign))
    if campaign.scheduled_at is not None:
        due = {str(campaign.number): campaign.scheduled_at.timestamp()}
        pipe.zadd(keys.CAMPAIGNS_SCHEDULED, due)
    what = {"entry": about.entry} if about else {"edition": campaign.edition}
    fields: dict[str, str | int] = {"campaign": campaign.number, **what}
    fields["topic"] = " ".join(campaign.topics)
    events.append(pipe, Event("campaign.created", campaign.created_at, fields))


def get(store: Store, number: int) -> Campaign:
    """Load a campaign.

    Raises:
        NotFoundError: there is none of that number.
    """
    return _parse(number, store.redis.hgetall(keys.campaign(number)))


def draw_identity(store: Store, number: int) -> int:
    """Draw an identity for the messages of a campaign, and note whose it is.

    At random, so that no copy that is brought back, no server that takes over and no wrong clock
    makes one of them again (law 16). It is on disk once what the caller writes next is.
    """
    while True:
        identity = LEAST_IDENTITY | secrets.randbits(IDENTITY_BITS)
        if store.redis.hsetnx(keys.MAILINGS, short_field(identity), f"{number} {identity:x}"):
            return identity


def of_mailing(store: Store, mailing: int) -> Campaign | None:
    """Find the campaign whose messages are known by that.

    Args:
        store: the open store.
        mailing: an identity or the beginning of one (`subscribers.bearer.short`); or the number of
        a
            campaign that was started before there were identities.

    Returns:
        None if this store never sent it: it belongs to a history that was lost.
    """
    if mailing <= LARGEST_CAMPAIGN:
        old = find(store, mailing)
        return old if old is not None and old.started_at and not old.identity else None
    noted = store.redis.hget(keys.MAILINGS, short_field(mailing))
    if noted is None:
        return None
    number, identity = noted.decode().split()
    if mailing >= LEAST_IDENTITY and int(identity, 16) != mailing:
        return None
    return find(store, int(number))


def short_field(mailing: int) -> str:
    """Return what a mailing is noted by: its beginning, in hexadecimal."""
    return f"{short(mailing):x}"


def find(store: Store, number: int) -> Campaign | None:
    """Load a campaign, or none if there is none of that number."""
    fields = store.redis.hgetall(keys.campaign(number))
    return _parse(number, fields) if fields else None


def last_number(store: Store) -> int:
    """Return the highest number that a campaign has; 0 if there is none."""
    return int(store.redis.get(keys.CAMPAIGN_NEXT) or 0)


def some(store: Store, numbers: Sequence[int]) -> list[Campaign]:
    """Load those of the campaigns that exist, in the order given."""
    found: list[Campaign] = []
    for at in range(0, len(numbers), _READ):
        wanted = numbers[at : at + _READ]
        with store.redis.pipeline(transaction=False) as pipe:
            for number in wanted:
                pipe.hgetall(keys.campaign(number))
            replies = zip(wanted, pipe.execute(), strict=True)
        found += [_parse(number, fields) for number, fields in replies if fields]
    return found


def newest_first(store: Store, before: int = 0) -> Iterator[Campaign]:
    """Yield the campaigns, the newest first; of a number below `before`, if it is not 0."""
    last = last_number(store)
    for number in range(min(last, before - 1) if before else last, 0, -1):
        fields = store.redis.hgetall(keys.campaign(number))
        if fields:
            yield _parse(number, fields)


def all_of(store: Store) -> list[Campaign]:
    """Load all campaigns, the oldest first."""
    return some(store, range(1, last_number(store) + 1))


def of_same_edition(store: Store, campaign: Campaign) -> list[int]:
    """List the other campaigns that were started with the same edition, in whichever version.

    Oldest first; none for a campaign that sends no edition.
    """
    if not campaign.edition:
        return []
    return [
        one.number
        for one in all_of(store)
        if one.edition == campaign.edition and one.started_at and one.number != campaign.number
    ]


def starts(store: Store) -> int:
    """Count the starts of campaigns; one that comes between two looks shows in it."""
    return int(store.redis.get(keys.CAMPAIGN_STARTS) or 0)


def open_numbers(store: Store) -> list[int]:
    """List the campaigns that may still have work for a worker, ascending."""
    return sorted(int(member) for member in store.redis.smembers(keys.CAMPAIGNS_OPEN))


def due_numbers(store: Store, now: datetime) -> list[int]:
    """List the scheduled campaigns whose instant has come, the earliest first."""
    due = store.redis.zrangebyscore(keys.CAMPAIGNS_SCHEDULED, "-inf", now.timestamp())
    return [int(member) for member in due]


def count_scheduled(store: Store) -> int:
    """Count the campaigns that are to start by themselves."""
    return int(store.redis.zcard(keys.CAMPAIGNS_SCHEDULED))


def next_scheduled(store: Store) -> datetime | None:
    """Tell when the next campaign is to start by itself; None: none is."""
    first = store.redis.zrange(keys.CAMPAIGNS_SCHEDULED, 0, 0, withscores=True)
    return datetime.fromtimestamp(first[0][1], UTC) if first else None


def schedule(pipe: Any, number: int, instant: datetime) -> None:
    """Make a campaign due at an instant, in the transaction that schedules it."""
    pipe.zadd(keys.CAMPAIGNS_SCHEDULED, {str(number): instant.timestamp()})


def move(
    store: Store,
    number: int,
    action: Action,
    *,
    event: Callable[[Campaign], Event],
    changes: Mapping[str, str] | None = None,
    follow_up: Callable[[Campaign], FollowUp] | None = None,
    watch: tuple[str, ...] = (),
) -> Campaign:
    """Move a campaign from its state to the next, with event and follow-up in one transaction.

    Args:
        store: the open store.
        number: the campaign's.
        action: what happens to it; the table in `domain.campaigns.campaign` says where that leads.
        event: makes the event that tells of it, from the campaign as it was.
        changes: further fields that change.
        follow_up: adds to the transaction, from the campaign as it was; may read the store, and
            is called anew if any watched key changed meanwhile.
        watch: keys besides the campaign's own whose change makes us decide again.

    Returns:
        The campaign as it is now; nothing is written if it was so already.

    Raises:
        StateError: the action does not fit its state.
        NotFoundError: there is no such campaign.
    """
    key = keys.campaign(number)
    while True:
        with store.redis.pipeline(transaction=True) as pipe:
            try:
                pipe.watch(key, *watch)
                before = get(store, number)
                state = TRANSITIONS.follow(before.state, action, before.number).to
                if is_repeat(before.state, action):
                    return before
                add = follow_up(before) if follow_up else None
                pipe.multi()
                pipe.hset(key, mapping={"state": state.value, **(changes or {})})
                _index(pipe, number, state)
                events.append(pipe, event(before))
                if add:
                    add(pipe)
                pipe.execute()
            except redis.WatchError:
                continue
        store.durable()
        return get(store, number)


def begin(
    store: Store,
    campaign: Campaign,
    *,
    event: Callable[[Campaign], Event],
    changes: Mapping[str, str],
    follow_up: Callable[[Campaign], FollowUp],
    asks_others: bool,
) -> Campaign:
    """Start a campaign whose audience is frozen; see `move`.

    Decided anew if its audience, what a second person consented to, or who may, changes meanwhile;
    and if another campaign starts, where it `asks_others` whom they reached.
    """
    others = (keys.CAMPAIGN_STARTS,) if asks_others else ()
    return move(
        store,
        campaign.number,
        Action.SEND,
        event=event,
        changes=changes,
        follow_up=follow_up,
        watch=(keys.ledger(campaign.number, "audience"), keys.APPROVALS, keys.USERS, *others),
    )


def note(store: Store, number: int, reason: str, now: datetime) -> bool:
    """Record what holds a sending campaign back; no reason means that nothing does any more.

    Returns:
        True if that began or ended just now; there is an event of it then.
    """
    kinds = (
        Event("campaign.waiting", now, {"campaign": number, "reason": reason}),
        Event("campaign.going_on", now, {"campaign": number}),
    )
    event = events.for_script(kinds[0] if reason else kinds[1])
    changed = store.scripts.run(
        "note",
        keys={"campaign": keys.campaign(number), "events": keys.EVENTS},
        args={"reason": reason, "event_json": event},
    )
    return bool(changed)


def _index(pipe: Any, number: int, state: State) -> None:
    if state in {State.SENDING, State.PAUSED}:
        pipe.sadd(keys.CAMPAIGNS_OPEN, number)
    if state is not State.SCHEDULED:
        pipe.zrem(keys.CAMPAIGNS_SCHEDULED, number)


def _fields(campaign: Campaign) -> dict[str, str]:
    fields = {
        "state": campaign.state.value,
        "edition": campaign.edition,
        "topic": campaign.topic,
        "tags": json.dumps(campaign.tags),
        "created_at": campaign.created_at.isoformat(),
        "unknown_policy": campaign.unknown_policy,
    }
    if campaign.not_yet:
        fields["not_yet"] = "1"
    if campaign.rule:
        fields["rule"] = campaign.rule
    if campaign.among:
        fields["among"] = str(campaign.among)
    if campaign.also:
        fields["also"] = json.dumps(campaign.also)
    if campaign.about:
        told = {name: value for name, value in asdict(campaign.about).items() if value}
        fields["about"] = json.dumps(told, default=datetime.isoformat)
    if campaign.scheduled_at:
        fields["scheduled_at"] = campaign.scheduled_at.isoformat()
        fields["zone"] = campaign.zone
    return fields


def _about(text: str) -> About | None:
    if not text:
        return None
    fields = json.loads(text)
    due, told = datetime.fromisoformat(fields.pop("due")), tuple(fields.pop("told", ()))
    return About(due=due, told=told, until=_instant(fields.pop("until", None)), **fields)


def _parse(number: int, fields: Mapping[bytes, bytes]) -> Campaign:
    if not fields:
        raise NotFoundError("campaign", str(number))
    text = {name.decode(): value.decode() for name, value in fields.items()}
    return Campaign(
        number=number,
        state=State(text["state"]),
        edition=text["edition"],
        topic=text["topic"],
        created_at=datetime.fromisoformat(text["created_at"]),
        digest=text.get("digest", ""),
        also=tuple(json.loads(text.get("also", "[]"))),
        about=_about(text.get("about", "")),
        tags=tuple(json.loads(text.get("tags", "[]"))),
        not_yet=bool(text.get("not_yet")),
        among=int(text.get("among", "0")),
        wanted_at=_instant(text.get("wanted_at")),
        wanted_zone=text.get("wanted_zone", ""),
        tested=text.get("tested", ""),
        speed=throttle.words_of(text.get("speed", "")),
        rule=text.get("rule", ""),
        resolved=text.get("resolved", ""),
        scheduled_at=_instant(text.get("scheduled_at")),
        zone=text.get("zone", ""),
        started_at=_instant(text.get("started_at")),
        finished_at=_instant(text.get("finished_at")),
        planned=int(text.get("planned", "0")),
        languages=tuple(json.loads(text.get("languages", "[]"))),
        unknown_policy=text["unknown_policy"],
        identity=int(text.get("identity", "0"), 16),
        look=int(text.get("look", "0")),
        reason=text.get("reason", ""),
        starter=text.get("starter", ""),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
