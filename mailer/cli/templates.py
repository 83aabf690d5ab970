"""`mailer templates`: templates of transactional mail, and the mails that were sent of them."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailer.cli.main import settings_of
from mailer.cli.terminal import clock_of, folded, show_table, store_of, table
from mailer.errors import InputError

if TYPE_CHECKING:
    from mailer.services.transactional.ledger import Sent
    from mailer.services.transactional.library import Shown

app = typer.Typer(help="Templates of mail that other programs have sent, and those mails.")

Slug = Annotated[str, typer.Argument(metavar="SLUG", help="A template's short name.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON value, for programs.")]
Language = Annotated[
    str, typer.Option(metavar="CODE", help="Such as fr; the template's first stands in for it.")
]
Version = Annotated[str, typer.Option(metavar="DIGEST", help="Default: the newest.")]
DataFile = Annotated[
    Path | None,
    typer.Option("--data", metavar="FILE", help="JSON object with the variables; - is the input."),
]


class Format(StrEnum):
    """The formats in which a mail can be looked at."""

    TEXT = "text"
    HTML = "html"


@app.command("import")
def import_(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The template's folder.")],
) -> None:
    """Import a template, or a new version of one.

    Mails that are queued keep their version.
    """
    from mailer.services.transactional import library

    settings = settings_of(ctx)
    with store_of(settings) as store:
        summary, changed = library.import_folder(store, settings, folder, clock_of(settings))
    said = "Imported" if changed else "Unchanged:"
    about = f"in {', '.join(summary.languages)}; version {summary.version}"
    typer.echo(folded(f"{said} {summary.slug} ({about})."))


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the templates."""
    from mailer.services.transactional import library

    with store_of(settings_of(ctx)) as store:
        found = library.listed(store)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
        return
    if not found:
        typer.echo("There is no template yet. Import one: `mailer templates import DIR`.")
        return
    rows = table("Template", "Topic", "Languages", "Version", "Imported (UTC)")
    for one in found:
        imported = one.imported_at[:16].replace("T", " ")
        languages = ", ".join(one.languages)
        rows.add_row(one.slug, one.topic or "none", languages, one.version, imported)
    show_table(rows)


@app.command()
def show(ctx: typer.Context, slug: Slug, as_json: AsJson = False) -> None:
    """Tell what a template declares, and what became of its mails."""
    from mailer.services.transactional import library

    with store_of(settings_of(ctx)) as store:
        found = library.show(store, slug)
    if as_json:
        typer.echo(json.dumps(_facts(found), ensure_ascii=False))
        return
    summary, template = found.summary, found.template
    typer.echo(folded(summary.description or summary.slug))
    typer.echo(f"Version {summary.version}, in {', '.join(summary.languages)}")
    to = f"subscribers of {summary.topic}" if summary.topic else "any address"
    typer.echo(f"Goes to {to}")
    rows = table("Variable", "Type", "Required", "Description")
    for one in template.variables.values():
        required = "yes" if one.required else ""
        rows.add_row(one.name, one.kind.value, required, one.description)
    show_table(rows)
    for language, counts in found.counts.items():
        told = ", ".join(f"{state}: {count}" for state, count in counts.items())
        typer.echo(f"{language}  {told}")


@app.command()
def preview(
    ctx: typer.Context,
    slug: Slug,
    *,
    language: Language = "",
    data: DataFile = None,
    version: Version = "",
    kind: Annotated[Format, typer.Option("--format", help="As readers see it.")] = Format.TEXT,
) -> None:
    """See what a reader would get: with the examples, or with data of your own."""
    from mailer.services.transactional import library

    settings = settings_of(ctx)
    given = _data(data) if data else None
    with store_of(settings) as store:
        mail = library.preview(
            store, settings, slug, language=language, data=given, version=version
        )
    if kind is Format.HTML:
        typer.echo(mail.html, nl=False)
    else:
        typer.echo(f"Subject: {mail.subject}\n\n{mail.text}", nl=False)


@app.command()
def remove(ctx: typer.Context, slug: Slug) -> None:
    """Remove a template. What is queued of it leaves; nothing more can be sent."""
    from mailer.services.transactional import library

    settings = settings_of(ctx)
    with store_of(settings) as store:
        library.remove(store, slug, clock_of(settings))
    typer.echo(f"Removed {slug}.")


@app.command()
def send(
    ctx: typer.Context,
    slug: Slug,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="One recipient.")],
    *,
    data: DataFile = None,
    language: Language = "",
    version: Version = "",
    key: Annotated[
        str, typer.Option(metavar="KEY", help="The same key sends nothing twice in 24 hours.")
    ] = "",
) -> None:
    """Have one mail of a template sent to one address, as a program would by the API."""
    from mailer.services.transactional import sending

    settings = settings_of(ctx)
    with store_of(settings) as store:
        accepted = sending.send(
            store,
            settings,
            clock_of(settings),
            template=slug,
            address=address,
            data=_data(data) if data else {},
            language=language,
            idempotency_key=key,
            version=version,
        )
    said = "is queued already" if accepted.repeated else "is queued"
    typer.echo(f"Mail {accepted.number} {said} (in {accepted.language}).")


@app.command()
def mails(
    ctx: typer.Context,
    *,
    template: Annotated[str, typer.Option(metavar="SLUG", help="Only those of one.")] = "",
    number: Annotated[int, typer.Option(metavar="NUMBER", help="Only this one.")] = 0,
    most: Annotated[int, typer.Option("--most", min=1, help="List at most this many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """List the mails of templates, the newest first; their recipients are not kept."""
    from mailer.services.transactional import ledger

    with store_of(settings_of(ctx)) as store:
        found = [ledger.get(store, number)] if number else ledger.listing(store, template, most)
    for mail in found:
        typer.echo(json.dumps(mail.facts(), ensure_ascii=False) if as_json else _line(mail))


def _line(mail: Sent) -> str:
    at = mail.at.strftime("%Y-%m-%d %H:%M")
    told = f": {mail.reason}" if mail.reason else ""
    back = f"; came back: {mail.bounced}" if mail.bounced else ""
    return f"{mail.number}  {at}  {mail.template} ({mail.language})  {mail.state}{told}{back}"


def _facts(found: Shown) -> dict[str, Any]:
    from mailer.domain.transactional import variable

    declared = {
        one.name: {
            "type": one.kind.value,
            "required": one.required,
            "example": variable.plain(one.example),
            "description": one.description,
        }
        for one in found.template.variables.values()
    }
    return asdict(found.summary) | {
        "variables": declared,
        "versions": found.versions,
        "mails": found.counts,
    }


def _data(file: Path) -> dict[str, Any]:
    from mailer.services.transactional import library, sending

    try:
        if str(file) == "-":
            return library.read_data(sys.stdin.read(sending.LARGEST_DATA + 1))
        with file.open(encoding="utf-8") as opened:
            return library.read_data(opened.read(sending.LARGEST_DATA + 1))
    except (OSError, UnicodeDecodeError) as error:
        remedy = "name a file in UTF-8 that you may read"
        said = f"{file} cannot be read"
        raise InputError.of("--data", said, remedy, code="file.unreadable") from error
