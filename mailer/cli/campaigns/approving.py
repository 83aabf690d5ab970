"""`mailer campaigns propose|approve|withdraw`: the consent of a second person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mailer.cli.main import settings_of
from mailer.cli.moments import timed
from mailer.cli.terminal import ask, clock_of, counted, folded, store_of
from mailer.domain.access.approval import WORDS
from mailer.domain.campaigns.instant import instant_of

if TYPE_CHECKING:
    from datetime import datetime

    from mailer.domain.access.approval import Proposal
    from mailer.services.campaigns.approving import Standing

Number = Annotated[int, typer.Argument(metavar="ID", help="The campaign's number.", min=1)]


def propose(
    ctx: typer.Context,
    number: Number,
    at: Annotated[
        str, typer.Option(metavar="TIME", help="When it is to go out; without it: at once.")
    ] = "",
    zone: Annotated[str, typer.Option(metavar="ZONE", help="Time zone of that time.")] = "",
) -> None:
    """Propose a campaign to a second person, as it is now.

    Their approval is good for exactly this content, these readers and this time.
    """
    from mailer.services.campaigns.approving import Approvals

    settings = settings_of(ctx)
    instant = instant_of(timed(at, zone), zone or "UTC") if at else None
    with store_of(settings) as store:
        made = Approvals(store, settings, clock_of(settings)).propose(number, instant)
    readers = counted(made.planned, "reader")
    typer.echo(folded(f"Campaign {number} is proposed, to {readers}{_when(made)}."))
    typer.echo(f"Somebody else approves it: `mailer campaigns approve {number}`.")


def approve(
    ctx: typer.Context,
    number: Number,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask; needed in scripts.")
    ] = False,
) -> None:
    """Approve what somebody else proposed. Sends nothing by itself."""
    from mailer.errors import NotFoundError
    from mailer.services.campaigns.approving import Approvals
    from mailer.services.campaigns.lifecycle import Campaigns

    settings = settings_of(ctx)
    with store_of(settings) as store:
        clock = clock_of(settings)
        approvals = Approvals(store, settings, clock)
        campaign = Campaigns(store, settings, clock).find(number)
        proposal = approvals.standing(campaign).proposal
        if proposal is None:
            raise NotFoundError("proposal", str(number))
        readers = counted(proposal.planned, "reader")
        said = f"{proposal.proposed.name} proposed {campaign.what} to {readers}{_when(proposal)}"
        typer.echo(folded(f"{said}."))
        ask("Approve it?", size=said, otherwise="Nothing was approved.", yes=yes)
        approvals.approve(number, proposal.terms.digest)
    typer.echo(f"Campaign {number} is approved. {_next(number, proposal)}")


def withdraw(ctx: typer.Context, number: Number) -> None:
    """Take a proposal back, and an approval of it."""
    from mailer.services.campaigns.approving import Approvals

    settings = settings_of(ctx)
    with store_of(settings) as store:
        Approvals(store, settings, clock_of(settings)).withdraw(number)
    typer.echo(f"Campaign {number} is not proposed any more.")


def standing_in_words(standing: Standing) -> str:
    """Tell how a campaign stands with the rule of the second person; empty: it has none."""
    if standing.proposal and standing.proposal.approved and not standing.lack:
        names = standing.proposal.approved.name, standing.proposal.proposed.name
        return f"approved by {names[0]}, as proposed by {names[1]}{_when(standing.proposal)}"
    return WORDS[standing.lack] if standing.needed and standing.lack else ""


def _when(proposal: Proposal) -> str:
    return f", at {_instant(proposal):%Y-%m-%d %H:%M} UTC" if proposal.terms.at else ", at once"


def _next(number: int, proposal: Proposal) -> str:
    if not proposal.terms.at:
        return f"`mailer campaigns send {number}` sends it."
    at = f"{_instant(proposal):%Y-%m-%dT%H:%M}"
    return f"`mailer campaigns schedule {number} --at {at} --zone UTC` lets it go out then."


def _instant(proposal: Proposal) -> datetime:
    from datetime import datetime

    return datetime.fromisoformat(proposal.terms.at)
