"""`mailer campaigns change`: another edition, other readers or another time for a draft."""

from __future__ import annotations

from typing import Annotated

import typer

from mailer.cli.main import settings_of
from mailer.cli.moments import timed
from mailer.cli.terminal import clock_of, counted, store_of


def change(  # noqa: PLR0917 - typer calls it, by name
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The campaign's number.", min=1)],
    edition: Annotated[str | None, typer.Option(metavar="SLUG", help="Another edition.")] = None,
    topic: Annotated[str | None, typer.Option(metavar="NAME", help="Another topic.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only readers with one of these.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="RULE", help='Only these; "all": no rule.')
    ] = None,
    not_yet: Annotated[
        bool | None,
        typer.Option(
            "--not-yet/--had-too", help="Only readers who have not had this edition, or others too."
        ),
    ] = None,
    at: Annotated[
        str, typer.Option(metavar="TIME", help="When it is meant to go out; nothing starts by it.")
    ] = "",
    zone: Annotated[str, typer.Option(metavar="ZONE", help="Time zone of that time.")] = "",
) -> None:
    """Change a draft. Sends nothing; an approval of what it was before is void."""
    from mailer.services.campaigns.drafting import Change, Drafts
    from mailer.services.campaigns.prospect import prospect

    settings = settings_of(ctx)
    with store_of(settings) as store:
        wanted = Change(
            edition=edition,
            topic=topic,
            tags=tuple(tag) if tag else None,
            rule="" if to == "all" else to,
            not_yet=not_yet,
            at=timed(at, zone) if at else None,
            zone=zone or "UTC",
        )
        campaign = Drafts(store, settings, clock_of(settings)).change(number, wanted)
        total = prospect(store, settings, campaign).total
    typer.echo(f"Campaign {number} would go to {counted(total, 'reader')} as of now.")
