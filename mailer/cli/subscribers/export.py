"""`mailer subscribers export`: readers as CSV, all or those that are chosen."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from mailer.cli.main import settings_of
from mailer.cli.subscribers.views import readers
from mailer.cli.terminal import store_of
from mailer.errors import InputError


def export(  # noqa: PLR0917  # typer calls it, by name
    ctx: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="Where to write it; - is the screen.")
    ] = "-",
    status: Annotated[
        str, typer.Option(help="Only readers with that status, such as active.")
    ] = "",
    language: Annotated[str, typer.Option(help="Only readers of that language.")] = "",
    topic: Annotated[str, typer.Option(help="Only subscribers to that topic.")] = "",
    segment: Annotated[str, typer.Option(metavar="NAME", help="Only that named segment.")] = "",
    rule: Annotated[
        str, typer.Option(metavar="RULE", help="Only readers of whom an audience rule holds.")
    ] = "",
) -> None:
    """Write the readers as CSV, which `import` reads back. An older file is replaced.

    With a segment or a rule, readers of any status are written who fit; add status:active to the
    rule, or --status active, for those who get mail.
    """
    from mailer.services.segments.rules import together
    from mailer.services.subscriber_files.private_file import private_file
    from mailer.services.subscriptions.exporting import export_csv
    from mailer.services.subscriptions.subscribers import Chosen, choices

    settings = settings_of(ctx)
    with store_of(settings) as store:
        known = choices(store, settings)
        _one_of("status", status, known.statuses)
        _one_of("language", language, known.languages)
        _one_of("topic", topic, known.topics)
        chosen = Chosen(status, language, topic)
        wanted = together(segment and f"segment:{segment}", rule)
        if file == "-":
            export_csv(store, settings, sys.stdout, chosen, rule=wanted)
            return
        with private_file(Path(file)) as out:
            count = export_csv(store, settings, out, chosen, rule=wanted)
    typer.echo(f"{readers(count)} written to {file}, which only you can read.")


def _one_of(what: str, value: str, known: Sequence[str]) -> None:
    if value and value not in known:
        said, remedy = f"there is no {what} {value!r}", f"choose one of: {', '.join(known)}"
        raise InputError.of(f"--{what}", said, remedy, code="unknown_value")
