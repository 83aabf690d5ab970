"""The history of an entry: each version, what it changed, and which mailings told it to readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailer.domain.calendar.comparing import Difference, compared
from mailer.domain.calendar.entry import Entry
from mailer.domain.calendar.notice import Change, change_between, counterpart
from mailer.domain.calendar.recurrence import occurrence_of
from mailer.domain.campaigns.campaign import Campaign, Content, State
from mailer.errors import NotFoundError
from mailer.services.access.acting import act
from mailer.store.calendar import entries as calendar
from mailer.store.calendar import reminders
from mailer.store.campaigns import audience
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store


@dataclass(frozen=True, slots=True)
class Mailing:
    """A reminder or a notice that told readers a version."""

    campaign: int
    content: Content
    at: datetime
    """When it began, UTC."""
    state: State
    occurrence: str
    offset: str
    """Of a reminder: how long before; empty for a notice."""
    change: Change | None
    """Of a notice: what readers heard of."""
    readers: int
    """To how many it went, or is going."""
    by_language: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an entry."""

    entry: Entry
    differences: Sequence[Difference]
    """What it changed; empty for the first one."""
    mailings: Sequence[Mailing]
    """What told it, in order; empty: readers never heard of it."""

    @property
    def at(self) -> datetime | None:
        """Return when it came about, UTC."""
        return self.entry.changed_at


@act("calendar.show")
def history(store: Store, name: str) -> list[Version]:
    """List the versions of an entry, the newest first.

    Raises:
        NotFoundError: there is no such entry.
    """
    versions = calendar.versions(store, name)
    if not versions:
        raise NotFoundError("calendar entry", name)
    told: dict[int, list[Mailing]] = {}
    by_sequence = {one.sequence: one for one in versions}
    for campaign in _begun(store, name):
        told.setdefault(int(campaign.digest), []).append(_mailing(store, campaign, by_sequence))
    found = [
        Version(one, compared(before, one), told.get(one.sequence, ()))
        for before, one in zip([versions[0], *versions], versions, strict=False)
    ]
    return found[::-1]


def _begun(store: Store, name: str) -> list[Campaign]:
    """List the campaigns about an entry that have begun, in order; some may be gone."""
    found = []
    for number in sorted(reminders.made(store, name).values()):
        try:
            campaign = campaigns.get(store, number)
        except NotFoundError:
            continue
        if campaign.about and campaign.digest:
            found.append(campaign)
    return found


def _mailing(store: Store, campaign: Campaign, versions: Mapping[int, Entry]) -> Mailing:
    about = campaign.about
    if about is None:
        raise ValueError(f"{campaign.name} is about no entry")
    numbers = audience.frozen_by_language(store, campaign.number, campaign.languages)
    return Mailing(
        campaign=campaign.number,
        content=campaign.content,
        at=campaign.started_at or about.due,
        state=campaign.state,
        occurrence=about.occurrence,
        offset=about.offset,
        change=_change(campaign, versions),
        readers=campaign.planned,
        by_language={code: number for code, number in numbers.items() if number},
    )


def _change(campaign: Campaign, versions: Mapping[int, Entry]) -> Change | None:
    """Tell what a notice was of, by the versions that it compared."""
    about = campaign.about
    if about is None or campaign.content is not Content.NOTICE:
        return None
    known, present = versions.get(int(about.known or -1)), versions.get(int(campaign.digest))
    before = occurrence_of(known, about.occurrence) if known else None
    if known is None or present is None or before is None:
        return None
    after = counterpart(known, present, about.occurrence)
    return change_between(before, after, min(about.due, before.starts_at()))
