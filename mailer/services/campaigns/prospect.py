"""Facts shown before a campaign mails many: its readers, who had it already, and problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mailer.config import Settings
from mailer.content.preflight import Finding, Level
from mailer.domain.campaigns.campaign import TRANSITIONS, Action, Campaign, Content
from mailer.errors import InputError, Problem
from mailer.services.access.acting import act
from mailer.services.calendar.forecast import Already, already, by_reader, summed
from mailer.services.editions import library as editions
from mailer.services.editions import preview
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store


@dataclass(frozen=True, slots=True)
class Prospect:
    """A campaign as it would go out now (law 18: its size is seen by whoever lets it go)."""

    campaign: Campaign
    planned: Mapping[str, int]
    """Deliveries by language, most first."""
    had: Already
    """The number of its readers who had the same edition by other campaigns."""
    instead: tuple[tuple[str, str, int], ...] = ()
    """Readers who get it in another language than their own: theirs, the other, and how many."""

    @property
    def total(self) -> int:
        """Return the number of readers who would get it."""
        return sum(self.planned.values())


@act("campaigns.status")
def prospect(store: Store, settings: Settings, campaign: Campaign) -> Prospect:
    """Count who would get a campaign now, and who of them has had it already."""
    counted = by_reader(store, settings, campaign)
    instead = tuple(
        (reader, delivery, number)
        for (reader, delivery), number in sorted(counted.items(), key=lambda one: -one[1])
        if reader not in {"", delivery}
    )
    return Prospect(campaign, summed(counted), already(store, settings, campaign), instead)


def about_to(
    store: Store, settings: Settings, number: int, action: Action, *, not_yet: bool = False
) -> Campaign:
    """Return a campaign as it would be after an action that mails many.

    Args:
        store: the open store.
        settings: the settings.
        number: the campaign's.
        action: send or schedule.
        not_yet: whether those who had the edition are to be left out, also if it was not made so.

    Raises:
        NotFoundError: there is none of that number.
        StateError: its state does not allow that.
        ConfigError: the settings lack what every message needs.
    """
    campaign = campaigns.get(store, number)
    TRANSITIONS.follow(campaign.state, action, campaign.number)
    settings.check_for_sending()
    return as_sent(campaign, not_yet=not_yet)


def as_sent(campaign: Campaign, *, not_yet: bool) -> Campaign:
    """Return a campaign as it would be sent, if whoever sends it leaves out who had the edition."""
    return replace(campaign, not_yet=campaign.not_yet or not_yet)


@act("campaigns.status")
def findings(store: Store, settings: Settings, campaign: Campaign) -> Sequence[Finding]:
    """Find what is to be mended in a campaign's edition; nothing in what is no edition."""
    if campaign.content is not Content.EDITION:
        return []
    edition = editions.load(store, settings.topics, campaign.edition, campaign.digest)
    return preview.findings(settings, edition, preview.languages_read(store))


def errors_of(found: Sequence[Finding]) -> list[Finding]:
    """Choose those that must keep an edition from being sent."""
    return [finding for finding in found if finding.level is Level.ERROR]


def refuse_errors(errors: Sequence[Finding], edition: str) -> None:
    """Stop before an edition that is known to be broken goes out.

    Raises:
        InputError: it has errors; each is listed.
    """
    if not errors:
        return
    problems = [
        Problem(finding.place, finding.text, finding.remedy, code=finding.code)
        for finding in errors
    ]
    count = f"{len(errors)} error{'' if len(errors) == 1 else 's'}"
    last = f"{edition} has {count}: nothing was sent"
    remedy = "mend it and import it again, or send it all the same"
    raise InputError([*problems, Problem("", last, remedy, code="edition.has_errors")])
