"""`mailer editions`: take an edition in, look it over, and see what readers would get."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailer.cli import drafts
from mailer.cli.main import settings_of
from mailer.cli.terminal import clock_of, counted, folded, show_table, store_of, table

if TYPE_CHECKING:
    from mailer.config import Settings
    from mailer.content.preflight import Finding
    from mailer.domain.campaigns.edition import Edition

app = typer.Typer(help="The bulletin: import an edition, check it, look at it.")
app.add_typer(drafts.app, name="draft")

Name = Annotated[
    str, typer.Argument(metavar="SLUG", help="An edition's short name, or its folder.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON value, for programs.")]


class Format(StrEnum):
    """The formats in which an edition can be looked at."""

    TEXT = "text"
    HTML = "html"
    EML = "eml"


@app.command("import")
def import_(
    ctx: typer.Context,
    source: Annotated[
        Path,
        typer.Argument(metavar="DIR|FILE", help="The edition's folder, or it as .zip or .tar."),
    ],
) -> None:
    """Import an edition, or a new version of one.

    Drafts and scheduled campaigns send the version imported last. Campaigns that have started
    keep their own.
    """
    from mailer.services.editions import library as editions
    from mailer.services.editions import packed, preview

    settings = settings_of(ctx)
    take = packed.import_archive if source.is_file() else editions.import_folder
    with store_of(settings) as store:
        summary, changed = take(store, settings.topics, source, clock_of(settings))
        edition = editions.load(store, settings.topics, summary.slug)
        found = preview.findings(settings, edition, preview.languages_read(store))
    title = edition.text_for(edition.season, edition.languages[0])
    said = f"Imported {summary.slug}" if changed else f"Unchanged: {summary.slug}"
    about = f"{title}, of {summary.date}, in {', '.join(summary.languages)}"
    typer.echo(folded(f"{said} ({about}; version {summary.digest})."))
    if found:
        typer.echo(folded(f"{_tally(found)}: see `mailer editions check {summary.slug}`."))


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the editions, the newest first."""
    from mailer.services.editions import library as editions

    settings = settings_of(ctx)
    with store_of(settings) as store:
        found = editions.listed(store)
    if as_json:
        typer.echo(json.dumps([asdict(summary) for summary in found], ensure_ascii=False))
        return
    if not found:
        typer.echo("There is no edition yet. Import one: `mailer editions import DIR`.")
        return
    rows = table("Edition", "Date", "Languages", "Version", "Imported (UTC)")
    for summary in found:
        imported = summary.imported_at[:16].replace("T", " ")
        rows.add_row(
            summary.slug, summary.date, ", ".join(summary.languages), summary.digest, imported
        )
    show_table(rows)


@app.command()
def check(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Find what must be corrected before an edition is sent.

    Errors stop a campaign; warnings are for you to judge. Exits with 1 if there are errors.
    """
    from mailer.services.editions import checking

    settings = settings_of(ctx)
    checked = checking.check_alone(settings, name)
    if checked is None:
        with store_of(settings) as store:
            checked = checking.check_named(store, settings, name)
    errors, found = checked.errors, checked.findings
    if as_json:
        told = {
            "edition": checked.edition,
            "errors": errors,
            "warnings": len(found) - errors,
            "readers_get": checked.readers_get,
            "findings": [asdict(finding) for finding in found],
        }
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        show_findings(checked.edition, found)
        _show_stand_ins(checked.readers_get)
    if errors:
        raise typer.Exit(1)


@app.command()
def preview(
    ctx: typer.Context,
    name: Name,
    *,
    language: Annotated[
        str, typer.Option(metavar="CODE", help="Such as fr; default: the edition's first.")
    ] = "",
    kind: Annotated[
        Format, typer.Option("--format", help="text and html as readers see it; eml as sent.")
    ] = Format.TEXT,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write to a file, not to the screen.")
    ] = None,
    reader: Annotated[
        str, typer.Option("--name", metavar="NAME", help="As a reader with that name sees it.")
    ] = "",
    topics: Annotated[
        str, typer.Option(metavar="A,B", help="As a reader of these topics sees it.")
    ] = "",
    tags: Annotated[
        str, typer.Option(metavar="A,B", help="As a reader with these tags sees it.")
    ] = "",
) -> None:
    """See what a reader would get.

    HTML is self-contained, so that a browser can open it from a file. Personal parts are filled
    with samples; the links to leave and to change preferences do nothing.
    """
    from mailer.content.parsing.personal import Reader
    from mailer.services.editions import preview as previews

    settings = settings_of(ctx)
    edition = _find(settings, name)
    code = language or edition.languages[0]
    seen_by = Reader(reader, tuple(_listed(topics)), tuple(_listed(tags)))
    if kind is Format.EML:
        now = clock_of(settings).now()
        topic = settings.topics.default
        content = previews.message(settings, edition, code, topic, now, reader=seen_by)
    elif kind is Format.HTML:
        content = previews.page(settings, edition, code, seen_by).encode()
    else:
        content = previews.text(settings, edition, code, seen_by).encode()
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        write(output, content)
        typer.echo(f"Wrote {output}.", err=True)


def show_findings(title: str, found: Sequence[Finding]) -> None:
    """Print findings by language, errors first in each."""
    from mailer.content.preflight import Level

    typer.echo(f"{title}: {_tally(found)}." if found else f"{title}: nothing to mend.")
    for language in sorted({finding.language for finding in found}):
        typer.echo(f"\n{_heading(language)}")
        for finding in (finding for finding in found if finding.language == language):
            colour = "red" if finding.level is Level.ERROR else "yellow"
            level = typer.style(finding.level.value, fg=colour)
            typer.echo(f"  {level}  {finding.place}".rstrip())
            remedy = f"; {finding.remedy}" if finding.remedy else ""
            typer.echo(folded(f"{finding.text}{remedy}", "    "))


def _show_stand_ins(instead: Mapping[str, str | None]) -> None:
    others = {code: got for code, got in instead.items() if got and got != code}
    if others:
        typer.echo()
    for code, got in others.items():
        typer.echo(f"Readers of {code} get it in {got}.")


def _heading(language: str) -> str:
    from babel import Locale, UnknownLocaleError

    if not language:
        return "The edition as a whole"
    try:
        name = Locale.parse(language, sep="-").get_display_name("en")
    except (UnknownLocaleError, ValueError):
        name = None
    return f"{name} ({language})" if name else language


def _tally(found: Sequence[Finding]) -> str:
    from mailer.content.preflight import Level

    errors = sum(finding.level is Level.ERROR for finding in found)
    warnings = len(found) - errors
    parts = [counted(errors, "error")] if errors else []
    parts += [counted(warnings, "warning")] if warnings else []
    return " and ".join(parts)


def _find(settings: Settings, name: str) -> Edition:
    """Load an edition from its folder or from the store."""
    from mailer.services.editions import library as editions

    if (edition := editions.in_folder(name)) is not None:
        return edition
    with store_of(settings) as store:
        return editions.find(store, settings.topics, name)


def write(file: Path, content: bytes) -> None:
    """Write a file that `--output` names.

    Raises:
        InputError: it cannot be written.
    """
    from mailer.errors import InputError

    try:
        file.write_bytes(content)
    except OSError as error:
        remedy = "name a file in a folder that you may write to"
        raise InputError.of(
            "--output",
            f"{file} cannot be written: {error.strerror}",
            remedy,
            code="file.unwritable",
        ) from error


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
