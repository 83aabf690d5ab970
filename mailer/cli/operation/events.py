"""`mailer events`: the log of what happened, for people and for programs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from mailer.cli.main import settings_of
from mailer.cli.moments import instant
from mailer.cli.terminal import clock_of, store_of
from mailer.errors import InputError

app = typer.Typer(help="The log of what happened, and when.")

_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


@app.command()
def events(
    ctx: typer.Context,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Wait for further events, until Ctrl-C.")
    ] = False,
    since: Annotated[
        str,
        typer.Option(
            metavar="WHEN",
            help="Only later events: 2023-04-12, 2023-04-12T09:00 (UTC), 30m, 12h, 7d, or an id.",
        ),
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object per line, with the event's id.")
    ] = False,
    types: Annotated[
        bool, typer.Option("--types", help="List the types of events and their fields instead.")
    ] = False,
) -> None:
    """Show the log of events, oldest first. It holds numbers of readers, no addresses."""
    if types:
        typer.echo("\n".join(type_list() if sys.stdout.isatty() else type_rows()))
        return
    from mailer.services.operation.event_log import read

    settings = settings_of(ctx)
    start = parse_since(since, clock_of(settings).now())
    with store_of(settings) as store:
        try:
            for event_id, fields in read(store, start, follow=follow):
                shown = json.dumps({"id": event_id, **fields}) if as_json else line(fields)
                typer.echo(shown)
        except KeyboardInterrupt:
            if not follow:
                raise


def parse_since(text: str, now: datetime) -> str:
    """Return the stream id after which to read.

    Args:
        text: an instant (UTC unless it says otherwise), a span back from now, an id, or nothing.
        now: the present.

    Raises:
        InputError: it is none of these.
    """
    if not text:
        return "0"
    if re.fullmatch(r"[0-9]{1,20}(-[0-9]{1,20})?", text) and not re.fullmatch(r"[0-9]{8}", text):
        return text
    if span := re.fullmatch(r"([0-9]{1,5}) ?([mhd])", text):
        at = now - int(span[1]) * _UNITS[span[2]]
    else:
        try:
            at = instant(text)
        except ValueError:
            said, remedy = (
                f"{text!r} is no time",
                "write 2023-04-12, 2023-04-12T09:00, 30m, 12h or 7d",
            )
            raise InputError.of("--since", said, remedy, code="bad_time") from None
    from mailer.services.operation import event_log

    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return event_log.since(at)


def line(fields: Mapping[str, str]) -> str:
    """Write an event on one line: the instant, the type, and its fields."""
    rest = dict(fields)
    at = rest.pop("at", "")
    kind = rest.pop("type", "")
    shown = " ".join(f"{name}={_quoted(value)}" for name, value in rest.items())
    return f"{at[:19].replace('T', ' ')}  {kind:<22}  {shown}".rstrip()


def type_rows() -> list[str]:
    """List every type of event with its fields, as in the documentation's table."""
    from mailer.domain.events import EVENT_TYPES

    return [
        f"| `{kind}` | {'; '.join(f'`{name}`: {text}' for name, text in fields.items())} |"
        for kind, fields in EVENT_TYPES.items()
    ]


def type_list() -> list[str]:
    """List the same for people at a terminal: each type, and its fields below it."""
    from mailer.domain.events import EVENT_TYPES

    return [
        row
        for kind, fields in EVENT_TYPES.items()
        for row in (kind, *(f"  {name:<12} {text}" for name, text in fields.items()))
    ]


def _quoted(value: str) -> str:
    plain = value.isprintable() and value and not re.search(r'[\s"=]', value)
    return value if plain else json.dumps(value, ensure_ascii=False)
