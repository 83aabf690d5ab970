"""`mailer inbound drop`: removes mail that nobody needs, after telling how much that is."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import clock_of, counted, is_asked, store_of
from mailer.domain.inbound.kinds import Kind
from mailer.domain.inbound.received import MailState
from mailer.errors import InputError

if TYPE_CHECKING:
    from mailer.domain.inbound.received import Received

_AGE: Final = re.compile(r"(\d{1,4})([hd])")


def drop(
    ctx: typer.Context,
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="[ID]…", help="The mails' numbers.")
    ] = None,
    *,
    kind: Annotated[
        list[Kind] | None, typer.Option(help="Mail of this kind: bounce, complaint, person, …")
    ] = None,
    sender: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="Mail from this sender, or from anybody at @DOMAIN."),
    ] = "",
    state: Annotated[
        list[MailState] | None,
        typer.Option(help="Mail in this state; default: waiting, held and quarantined."),
    ] = None,
    older_than: Annotated[
        str, typer.Option(metavar="AGE", help="Mail that arrived earlier than this: 12h, 30d.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove mail for good: by number, or everything that matches the options.

    Unread mail stays, and so does mail that proves a subscriber's consent.
    """
    from mailer.services.inbound.intake import Intake
    from mailer.services.inbound.received import WAITS, Chosen, matching

    if bool(numbers) == bool(kind or sender or state or older_than):
        said = "Name the mails by number, or say which: --kind, --sender, --older-than."
        raise InputError.of("", said, code="missing")
    settings = settings_of(ctx)
    with store_of(settings) as store:
        clock = clock_of(settings)
        before = clock.now() - _age(older_than) if older_than else None
        chosen = Chosen(kind or (), state or WAITS, sender, before)
        found = matching(store, chosen, numbers)
        _ask(found, yes=yes)
        gone = Intake(store, settings, clock).drop([one.number for one in found])
    typer.echo(f"{counted(gone, 'mail')} removed.")


def _age(text: str) -> timedelta:
    found = _AGE.fullmatch(text.strip())
    if not found:
        said = f"{text!r} is no age"
        raise InputError.of("--older-than", said, "write 12h or 30d", code="bad_time")
    return timedelta(**{{"h": "hours", "d": "days"}[found[2]]: int(found[1])})


def _ask(found: list[Received], *, yes: bool) -> None:
    """Tell how many go, and ask; without a terminal, only `--yes` is an answer (law 18)."""
    if not found:
        typer.echo("No mail fits.")
        raise typer.Exit
    size = sum(one.size for one in found)
    told = f"{counted(len(found), 'mail')} of {counted(size, 'octet')}"
    if yes:
        return
    if not is_asked():
        said, remedy = f"{told} would be removed for good", "add --yes if that is meant"
        raise InputError.of("", said, remedy, code="unconfirmed")
    if not typer.confirm(f"Remove {told} for good?"):
        typer.echo("Nothing was removed.")
        raise typer.Exit(1)
