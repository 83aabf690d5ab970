"""Says whom a campaign is for: topics, tags, its rule, and whether others had it already."""

from __future__ import annotations

from typing import NamedTuple

from mailer.config import Settings
from mailer.domain.campaigns.campaign import Action, Campaign
from mailer.domain.segments.printing import printed
from mailer.domain.segments.rule import Rule, asks_what_was_had
from mailer.domain.segments.tokens import RuleError
from mailer.errors import StateError
from mailer.services.segments import rules
from mailer.services.sending.contents import Lack, NothingError
from mailer.store.campaigns import audience
from mailer.store.campaigns import records as campaigns
from mailer.store.segments.bitmaps import Bitmap
from mailer.store.server.connection import Store


class UnclearReadersError(StateError):
    """The rule of a campaign speaks of what is not there any more: nobody knows whom it is for."""

    code = "unclear_readers"

    def __init__(self, campaign: Campaign, error: RuleError) -> None:
        """Say what is wrong with the rule."""
        super().__init__(
            "campaign",
            str(campaign.number),
            campaign.state.value,
            Action.SEND.value,
            "Define what its rule speaks of, or make another campaign.",
            said=f"for readers whom nobody can tell any more ({error})",
        )


class Concerned(NamedTuple):
    """Whom a campaign concerns."""

    wanted: Bitmap
    rule: str = ""
    """Its rule without names of segments, if it has one."""
    asks_others: bool = False
    """Whether it depends on whom other campaigns reached."""


def concerned(
    store: Store, settings: Settings, campaign: Campaign, *, had_too: bool = False
) -> Concerned:
    """Say whom a campaign concerns.

    Args:
        store: the open store.
        settings: the settings.
        campaign: any.
        had_too: also those who had its edition, though it leaves them out.

    Raises:
        UnclearReadersError: its rule cannot be used any more.
    """
    others = []
    if campaign.not_yet and not had_too:
        others = campaigns.of_same_edition(store, campaign)
    if not campaign.rule:
        return Concerned(audience.concerned(campaign, others), "", campaign.not_yet)
    rule = _read(store, settings, campaign)
    wanted = audience.concerned(campaign, others, rules.bitmap(store, settings, rule))
    return Concerned(wanted, printed(rule), campaign.not_yet or asks_what_was_had(rule))


def rule_of(store: Store, settings: Settings, campaign: Campaign) -> str:
    """Return the rule of a campaign without names of segments; empty: it has none.

    Raises:
        UnclearReadersError: its rule cannot be used any more.
    """
    return printed(_read(store, settings, campaign)) if campaign.rule else ""


def _read(store: Store, settings: Settings, campaign: Campaign) -> Rule:
    try:
        return rules.read(store, settings, campaign.rule)
    except RuleError as error:
        raise UnclearReadersError(campaign, error) from error


def nobody(campaign: Campaign) -> NothingError:
    """Return the error of a campaign that would reach nobody: it says why."""
    tag = " with that tag" if campaign.tags else ""
    topics = repr(campaign.readers)
    lack, remedy = Lack.READERS, f"No active reader subscribes to {topics}{tag}."
    if campaign.rule:
        remedy = f"Of the active readers of {topics}{tag}, nobody fits {campaign.rule}."
    elif campaign.not_yet:
        lack, remedy = Lack.UNSERVED, f"All readers of {topics}{tag} have had this edition."
    return NothingError(campaign, lack, "without readers", remedy)
