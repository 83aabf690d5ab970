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
    from mailer.store.server.connection import Store

_AGE: Final = re.compile(r"(\d{1,4})([hd])")
_DROPPED: Final = (MailState.WAITING, MailState.HELD, MailState.QUARANTINED)
"""What is meant where no state is named: mail that waits for something."""


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

    if bool(numbers) == bool(kind or sender or state or older_than):
        raise InputError("Name the mails by number, or say which: --kind, --sender, --older-than.")
    settings = settings_of(ctx)
    with store_of(settings) as store:
        clock = clock_of(settings)
        found = _numbered(store, numbers) if numbers else _found(store, kind, state)
        if sender:
            found = [one for one in found if _is_of(one, sender.lower())]
        if older_than:
            before = clock.now() - _age(older_than)
            found = [one for one in found if one.at <= before]
        _ask(found, yes=yes)
        gone = Intake(store, settings, clock).drop([one.number for one in found])
    typer.echo(f"{counted(gone, 'mail')} removed.")


def _numbered(store: Store, numbers: list[int]) -> list[Received]:
    from mailer.store.inbound import mails as inbound

    return [inbound.get(store, number) for number in dict.fromkeys(numbers)]


def _found(
    store: Store, kinds: list[Kind] | None, states: list[MailState] | None
) -> list[Received]:
    from mailer.store.inbound import mails as inbound

    chosen = states or list(_DROPPED)
    return inbound.newest(store, chosen, kinds or (), sum(inbound.counts(store).values()))


def _is_of(one: Received, sender: str) -> bool:
    written = one.sender.lower()
    return written.endswith(sender) if sender.startswith("@") else written == sender


def _age(text: str) -> timedelta:
    found = _AGE.fullmatch(text.strip())
    if not found:
        raise InputError(f"An age is written as 12h or 30d, not as {text!r}.")
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
        raise InputError(f"{told} would be removed for good; add --yes if that is meant.")
    if not typer.confirm(f"Remove {told} for good?"):
        typer.echo("Nothing was removed.")
        raise typer.Exit(1)
