"""A second person's consent to a campaign: propose, approve, withdraw, and ask whether it is there.

The rule of the second person is asked for by whatever starts a campaign (`lifecycle`): no front end
can send without it, and the scheduler cannot either.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.access.actor import is_operator
from mailer.domain.access.approval import (
    WORDS,
    Kind,
    Lack,
    Proposal,
    Rule,
    Said,
    Terms,
    is_second,
    lack_of,
)
from mailer.domain.access.rights import RIGHTS, Right
from mailer.domain.access.user import Standing as UserStanding
from mailer.domain.campaigns.campaign import TRANSITIONS, Action, Campaign, Content
from mailer.domain.events import Event
from mailer.errors import Fact, NotFoundError, StateError
from mailer.services.access.acting import act, current, tell
from mailer.services.calendar.forecast import forecast
from mailer.services.campaigns import readers
from mailer.services.sending import contents
from mailer.store.access import approval_requests, users
from mailer.store.campaigns import approvals
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store

_KINDS = {
    Content.EDITION: Kind.BULLETIN,
    Content.NOTICE: Kind.NOTICE,
    Content.REMINDER: Kind.REMINDER,
}


class ApprovalNeededError(StateError):
    """A campaign needs a second person's consent, and has none on these terms.

    Attributes:
        lack: why; see `mailer.domain.access.approval.Lack`.
    """

    code = "approval_needed"

    def __init__(self, campaign: Campaign, lack: Lack) -> None:
        """Say what is missing."""
        self.lack = lack
        super().__init__(
            "campaign",
            str(campaign.number),
            campaign.state.value,
            Action.SEND.value,
            said=WORDS[lack],
        )

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The campaign, its state, and what is missing."""
        return {**super().facts, "lack": self.lack.value}


class SecondPersonError(StateError):
    """Whoever proposed something cannot consent to it as well."""

    code = "second_person"

    def __init__(self, campaign: Campaign) -> None:
        """Say that somebody else must do it."""
        super().__init__(
            "campaign",
            str(campaign.number),
            campaign.state.value,
            "approve",
            "Somebody else must approve it.",
            said="proposed by yourself",
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """How a campaign stands with the rule of the second person."""

    needed: bool
    """Whether it needs a second person, as it would go out now."""
    proposal: Proposal | None
    lack: Lack | None
    """Why it has no consent to go out as it was proposed; None: it has, or needs none."""


class Approvals:
    """The use cases around the consent of a second person, on an open store."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store, self._settings, self._clock = store, settings, clock

    @act("campaigns.propose", "number", "at")
    def propose(self, number: int, at: datetime | None = None) -> Proposal:
        """Propose a campaign as it is now, to go out at an instant or at once.

        What was proposed of it before, and a consent to that, is void.

        Raises:
            NotFoundError: there is none of that number.
            StateError: it was started, or ended, before.
        """
        campaign = campaigns.get(self._store, number)
        TRANSITIONS.follow(campaign.state, Action.SEND, number)
        self._settings.check_for_sending()
        terms = self.terms(campaign, at)
        planned = sum(forecast(self._store, self._settings, campaign).values())
        made = Proposal(terms, self._said(), planned)
        fields: dict[str, str | int] = {
            "campaign": number,
            "terms": terms.digest,
            "planned": planned,
        }
        event = Event("campaign.proposed", self._clock.now(), fields)
        approvals.change(self._store, number, lambda _: (made, event))
        tell(terms=terms.digest, planned=planned)
        return made

    @act("campaigns.approve", "number", "terms")
    def approve(self, number: int, terms: str = "") -> Proposal:
        """Consent, as a second person, to what somebody else proposed.

        Args:
            number: the campaign's.
            terms: digest of the terms that the person has seen; empty: those proposed last.

        Raises:
            NotFoundError: nothing was proposed.
            SecondPersonError: they proposed it themselves.
            ApprovalNeededError: the campaign is not any more as it was proposed, or other terms
                were proposed meanwhile.
            StateError: the campaign was started, or ended, before.
        """
        return self._consent(number, terms)

    @act("campaigns.approve", "number", "terms")
    def approve_asked(self, number: int, terms: str, request: int, mail: int) -> Proposal:
        """Consent by a reply to a mail that asked for it, which counts once.

        Args:
            number: the campaign's.
            terms: digest of the terms that were asked about.
            request: number of the request by mail.
            mail: number of the reply.

        Raises:
            StateError: another reply to that request was taken meanwhile.
            MailerError: as `approve`.
        """
        return self._consent(
            number,
            terms,
            lambda: approval_requests.check(self._store, request, mail),
            lambda pipe: approval_requests.use(pipe, request, mail),
        )

    def _consent(
        self,
        number: int,
        terms: str,
        check: Callable[[], None] | None = None,
        follow_up: Callable[[Any], None] | None = None,
    ) -> Proposal:
        campaign = campaigns.get(self._store, number)
        TRANSITIONS.follow(campaign.state, Action.SEND, number)
        said = self._said()

        def decide(before: Proposal | None) -> tuple[Proposal, Event]:
            if check is not None:
                check()
            if before is None:
                raise NotFoundError("proposal", str(number))
            if not is_second(before, said):
                raise SecondPersonError(campaign)
            if terms and terms != before.terms.digest:
                raise ApprovalNeededError(campaign, Lack.OTHER_CONTENT)
            after = replace(before, approved=said)
            at = datetime.fromisoformat(before.terms.at) if before.terms.at else None
            if lack := lack_of(after, self.terms(campaign, at), said.at):
                raise ApprovalNeededError(campaign, lack)
            fields: dict[str, str | int] = {"campaign": number, "terms": before.terms.digest}
            return after, Event("campaign.approved", said.at, fields)

        after = approvals.change(self._store, number, decide, follow_up)
        if after is None:
            raise NotFoundError("proposal", str(number))
        tell(terms=after.terms.digest)
        return after

    @act("campaigns.withdraw", "number")
    def withdraw(self, number: int) -> None:
        """Take back what was proposed, and a consent to it.

        Raises:
            NotFoundError: nothing was proposed.
        """

        def decide(before: Proposal | None) -> tuple[None, Event]:
            if before is None:
                raise NotFoundError("proposal", str(number))
            return None, Event("campaign.withdrawn", self._clock.now(), {"campaign": number})

        approvals.change(self._store, number, decide)

    @act("campaigns.status")
    def standing(self, campaign: Campaign) -> Standing:
        """Tell how a campaign stands with the rule of the second person."""
        proposal = approvals.find(self._store, campaign.number)
        planned = sum(forecast(self._store, self._settings, campaign).values())
        needed = self.needed(campaign, planned)
        if not needed or proposal is None:
            return Standing(needed, proposal, Lack.NOT_PROPOSED if needed else None)
        at = datetime.fromisoformat(proposal.terms.at) if proposal.terms.at else None
        lack = self._lack(proposal, self.terms(campaign, at))
        return Standing(needed, proposal, lack)

    @act("campaigns.list")
    def waiting(self) -> dict[int, Proposal]:
        """Return, by number of the campaign, what waits for a second person."""
        return approvals.waiting(self._store)

    def needed(self, campaign: Campaign, planned: int) -> bool:
        """Tell whether the settings ask for a second person."""
        rule = Rule(tuple(map(Kind, self._settings.approval_for)), self._settings.approval_over)
        return rule.asks_for(_KINDS[campaign.content], planned)

    def terms(self, campaign: Campaign, at: datetime | None) -> Terms:
        """Return the terms on which a campaign would go out as it is now."""
        content = contents.load(self._store, self._settings, campaign)
        return Terms(
            with_look(content.version, self._settings),
            audience_of(campaign, readers.rule_of(self._store, self._settings, campaign)),
            at.isoformat() if at else "",
        )

    def require(
        self, campaign: Campaign, content: str, at: datetime | None, planned: int, rule: str
    ) -> None:
        """Refuse to let a campaign go out without the consent that it needs.

        Args:
            campaign: as it goes out.
            content: the version that goes out.
            at: when it was to go out; None: at once.
            planned: how many readers get it.
            rule: by which they were found, without names of segments.

        Raises:
            ApprovalNeededError: it needs a second person's consent, and has none on these terms.
        """
        if not self.needed(campaign, planned):
            return
        terms = Terms(
            with_look(content, self._settings),
            audience_of(campaign, rule),
            at.isoformat() if at else "",
        )
        proposal = approvals.find(self._store, campaign.number)
        lack = self._lack(proposal, terms)
        if lack is not None:
            raise ApprovalNeededError(campaign, lack)

    def _lack(self, proposal: Proposal | None, terms: Terms) -> Lack | None:
        lack = lack_of(proposal, terms, self._clock.now())
        approved = proposal.approved if proposal else None
        if lack is None and approved and not self._may_still(approved.person):
            return Lack.APPROVER_GONE
        return lack

    def _may_still(self, person: str) -> bool:
        """Tell whether a consent still counts: not that of a user who was disabled since, say."""
        known = users.all_users(self._store).values()
        user = next((one for one in known if one.person == person), None)
        if user is None:
            return is_operator(person)
        may = Right.CAMPAIGNS_APPROVE in RIGHTS[user.role]
        return may and user.standing is not UserStanding.DISABLED

    def _said(self) -> Said:
        actor = current()
        now = self._clock.now()
        if actor is None:
            return Said("", "Mailer", now)
        return Said(actor.person, actor.name, now, actor.makers)


def with_look(content: str, settings: Settings) -> str:
    """Name a version of a content together with the look that its messages show, if there is one.

    Whoever consents has seen the sender's name, the logo and the imprint, too.
    """
    return f"{content}+{settings.look.mailed}" if settings.look.mailed else content


def audience_of(campaign: Campaign, rule: str) -> str:
    """Return the rule of who gets a campaign, in a form that changes whenever the rule does.

    Args:
        campaign: any.
        rule: its audience rule without names of segments: one whose rule changes is another
            audience, though its name stays.
    """
    facts: dict[str, Any] = {
        "topics": sorted(campaign.topics),
        "tags": sorted(campaign.tags),
        "not_yet": campaign.not_yet,
    }
    if campaign.among:
        facts["among"] = campaign.among
    if campaign.rule:
        facts["rule"] = rule
    return json.dumps(facts, sort_keys=True)
