"""`mailer subscribers`: who reads the bulletin, and what the secretariat may do about it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from mailer.cli.main import settings_of
from mailer.cli.subscribers.change import bulk, change, named_values, tag
from mailer.cli.subscribers.export import export
from mailer.cli.subscribers.moderation import approve, decline, waiting
from mailer.cli.subscribers.sync import sync
from mailer.cli.subscribers.views import (
    ask_to_import,
    bar,
    choices_of,
    facts_of,
    names_of_topics,
    readers,
    report_facts,
    show_counts,
    show_facts,
    show_report,
)
from mailer.cli.terminal import ask, clock_of, store_of
from mailer.errors import InputError

if TYPE_CHECKING:
    from mailer.config import Settings
    from mailer.domain.subscribers.address import Address
    from mailer.services.operation.opening import Store
    from mailer.services.subscriber_files.importing import ImportReport, Options

app = typer.Typer(
    help="Readers: import, export, count, look up, decide, remove.", no_args_is_help=True
)

AS_JSON: Final = typer.Option("--json", help="One JSON object, for programs.")
YES: Final = typer.Option("--yes", "-y", help="Do not ask; needed in scripts.")
WHO: Final = typer.Argument(metavar="ADDRESS", help="The reader's mail address.")
TOPICS: Final = typer.Option(
    "--topics", "--topic", metavar="TOPICS", help="Topics, such as meetings."
)


DRY_RUN: Final = typer.Option("--dry-run", help="Say what would happen; change nothing.")
LANGUAGE_OF_NEW: Final = typer.Option(
    metavar="CODE", help="Language of new readers whose line has none."
)
TOPICS_OF_NEW: Final = typer.Option(
    "--topics", "--topic", metavar="TOPICS", help="For new readers whose line has none."
)
REFUSED: Final = typer.Option(
    metavar="PATH", help="Where to write refused lines; default: beside FILE."
)
COLUMN: Final = typer.Option(
    metavar="NAME=MEANING", help="What a column means, such as Statut=status."
)
CONSENT: Final = typer.Option(metavar="TEXT", help="Where their consent comes from; kept.")
IGNORE_COLUMN: Final = typer.Option(metavar="NAME", help="Ignore that column.")
TAKE_OFF: Final = typer.Option("--take-off", help="Also take off our readers who left elsewhere.")


@app.command("import")
def import_(  # noqa: PLR0917  # typer calls it, by name
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV in UTF-8.")],
    dry_run: Annotated[bool, DRY_RUN] = False,
    language: Annotated[str, LANGUAGE_OF_NEW] = "",
    topics: Annotated[list[str] | None, TOPICS_OF_NEW] = None,
    refused: Annotated[Path | None, REFUSED] = None,
    column: Annotated[list[str] | None, COLUMN] = None,
    ignore_column: Annotated[list[str] | None, IGNORE_COLUMN] = None,
    take_off: Annotated[bool, TAKE_OFF] = False,
    consent: Annotated[str, CONSENT] = "",
    yes: Annotated[bool, YES] = False,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Put the readers of a file on the list. Nobody is mailed.

    Reads the whole file first, says what would change, and asks. Without a terminal, it needs
    --yes.

    The file's first line names its columns: address, and optionally language, topics, tags, name
    and attributes that the settings declare. Cells are separated by commas, semicolons or tabs;
    several topics or tags by spaces.
    Readers who are already on the list are updated (an empty cell changes nothing). Readers who
    left, complained, or whose mail bounced are left alone. Readers who may not be mailed according
    to a column such as subscribed, unsubscribed, confirmed, blacklisted, bounced or status are not
    put on the list; if such a column is not understood, nothing is imported until you say what it
    means. With --take-off, readers on your list who left, complained or were blocked elsewhere, or
    whose mail bounced there, are taken off it. Lines that cannot be imported are refused one by
    one, and written to a file with the reason; correct that file and import it.

    Exits with 0, even if some lines were refused; with 1 if no line could be used or the file
    cannot be read: then nothing is changed.
    """
    from mailer.services.subscriber_files.importing import Options

    options = Options(
        language=language,
        topics=" ".join(topics or ()),
        refused_file=refused,
        choices=choices_of(ignore_column or [], column or []),
        take_off=take_off,
        consent=consent,
    )
    report = _imported(settings_of(ctx), file, options, dry_run=dry_run, yes=yes)
    if as_json:
        typer.echo(json.dumps(report_facts(report)))
    else:
        show_report(report)
    if not report.usable:
        raise typer.Exit(1)


def _imported(
    settings: Settings, file: Path, options: Options, *, dry_run: bool, yes: bool
) -> ImportReport:
    """Import a file, after a dry run and a question unless `--yes` was given."""
    from mailer.services.subscriber_files.importing import import_csv

    with store_of(settings) as store:

        def run(*, dry_run: bool) -> ImportReport:
            asked = replace(options, dry_run=dry_run)
            with bar(file.name) as progress:
                return import_csv(
                    store, settings, clock_of(settings), file, asked, progress=progress
                )

        report = run(dry_run=dry_run or not yes)
        if not (dry_run or yes) and (report.usable or report.taken_off):
            ask_to_import(report)
            report = run(dry_run=False)
    return replace(report, dry_run=dry_run)


app.command()(sync)
app.command()(export)


@app.command()
def count(ctx: typer.Context, as_json: Annotated[bool, AS_JSON] = False) -> None:
    """Count the readers by status; the active ones also by language, topic and tag."""
    from dataclasses import asdict

    from mailer.services.subscriptions import subscribers

    settings = settings_of(ctx)
    with store_of(settings) as store:
        counts = subscribers.count(store)
    if as_json:
        typer.echo(json.dumps(asdict(counts)))
        return
    show_counts("Status", counts.by_status, counts.total)
    show_counts("Active, by language", counts.by_language)
    show_counts("Active, by topic", counts.by_topic, about=names_of_topics(settings))
    if counts.by_tag:
        show_counts("Active, by tag", counts.by_tag)
    typer.echo(f"Suppressed addresses, which are never mailed: {counts.suppressed:,}")


@app.command()
def show(
    ctx: typer.Context,
    who: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="The reader's mail address or number.")
    ],
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Show what is known of a reader, with the editions received."""
    from datetime import UTC

    from mailer.domain.bounces.policy import day_of
    from mailer.errors import NotFoundError
    from mailer.services.inbound.bounces import rules_of
    from mailer.services.subscriptions.subscribers import editions_received, look_up

    settings = settings_of(ctx)
    with store_of(settings) as store:
        address = _who(store, who)
        known = look_up(store, settings, address)
        if known.subscriber is None and known.suppression is None:
            raise NotFoundError("subscriber", address.given, "Is the address spelt right?")
        received = (
            list(editions_received(store, known.subscriber.number)) if known.subscriber else []
        )
    today = day_of(clock_of(settings).now().astimezone(UTC))
    facts = facts_of(known, received, rules_of(settings).policy, today)
    if as_json:
        typer.echo(json.dumps(facts))
    else:
        show_facts(address.given, facts)


@app.command()
def add(  # noqa: PLR0917  # typer calls it, by name
    ctx: typer.Context,
    address: Annotated[str, WHO],
    language: Annotated[str, typer.Option(metavar="CODE", help="Language code, such as fr.")] = "",
    topics: Annotated[list[str] | None, TOPICS] = None,
    tags: Annotated[
        list[str] | None, typer.Option("--tags", "--tag", metavar="TAGS", help="Your own tags.")
    ] = None,
    name: Annotated[str, typer.Option(help="The reader's name.")] = "",
    attribute: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Such as country=CH; - takes a value away."),
    ] = None,
) -> None:
    """Put one reader on the list, or change one. You answer for the reader's consent."""
    from mailer.services.subscriptions import subscribers

    settings = settings_of(ctx)
    found = _address(address)
    with store_of(settings) as store:
        put = subscribers.add(
            store,
            settings,
            clock_of(settings).now(),
            found,
            language=language,
            topics=" ".join(topics or ()),
            tags=" ".join(tags or ()),
            name=name,
            attributes=named_values(attribute or ()),
        )
    what = "added" if put.added else "changed" if put.updated else "on the list already"
    typer.echo(f"{found.given}: {what} (subscriber {put.number}). Nobody was mailed.")


@app.command()
def remove(ctx: typer.Context, address: Annotated[str, WHO]) -> None:
    """Take a reader off the list. The address stays known, so that no import brings it back."""
    from mailer.services.subscriptions import subscribers

    settings = settings_of(ctx)
    found = _address(address)
    with store_of(settings) as store:
        number = subscribers.find(store, found).number
        before, after = subscribers.remove(store, clock_of(settings).now(), number)
    if before is after:
        typer.echo(f"{found.given} gets no mail already: {before.value}.")
    else:
        typer.echo(
            f"{found.given} gets no more mail: {before.value} before, {after.value} now."
            " To forget all about the reader: `erase`."
        )


@app.command()
def reinstate(
    ctx: typer.Context,
    address: Annotated[
        str, typer.Argument(metavar="[ADDRESS]", help="The reader's mail address.")
    ] = "",
    campaign: Annotated[
        int,
        typer.Option(metavar="ID", help="Everybody suspended by bounces of this campaign.", min=0),
    ] = 0,
    domain: Annotated[
        str, typer.Option(metavar="NAME", help="Of those, only addresses in this domain.")
    ] = "",
    reason: Annotated[str, typer.Option(help="For the record; no names.")] = "by the secretariat",
) -> None:
    """Send mail again to a reader whose mail bounced, because you know that the address works.

    Bounces of earlier mail no longer count. A provider in trouble may have returned everybody's
    mail: `--campaign 3 --domain example.com` corrects that.
    """
    from mailer.services.subscriptions import subscribers

    if bool(address) == bool(campaign) or (domain and not campaign):
        said = "Give an address; or --campaign and, if you like, --domain."
        raise InputError.of("", said, code="missing")
    settings = settings_of(ctx)
    if campaign:
        with store_of(settings) as store:
            now, count = clock_of(settings).now(), 0
            for one in list(subscribers.suspended_by(store, campaign, domain)):
                subscribers.reinstate(store, now, one, reason)
                count += 1
        typer.echo(f"{readers(count)} reinstated. Nobody was mailed.")
        return
    found = _address(address)
    with store_of(settings) as store:
        subscriber = subscribers.find(store, found)
        subscribers.reinstate(store, clock_of(settings).now(), subscriber, reason)
        suppressed = subscribers.look_up(store, settings, found).suppression
    if suppressed:
        typer.echo(f"{found.given} is active, but suppressed: see `unsuppress`.")
    else:
        typer.echo(f"{found.given} gets mail again. Nobody was mailed.")


@app.command()
def erase(
    ctx: typer.Context,
    address: Annotated[str, WHO],
    yes: Annotated[bool, YES] = False,
) -> None:
    """Forget everything about a reader, as data protection law may require. Cannot be undone.

    A code is kept that reveals the address to nobody, so that it is never mailed again.
    """
    from mailer.services.subscriptions import subscribers

    settings = settings_of(ctx)
    found = _address(address)
    with store_of(settings) as store:
        number = subscribers.find(store, found).number
        ask(
            f"Forget all about {found.given}? It cannot be undone.",
            size=f"All about {found.given} (subscriber {number}) would be forgotten for good",
            otherwise="Nothing was changed.",
            yes=yes,
        )
        now = clock_of(settings).now()
        subscribers.erase(store, settings, now, found, "asked by the secretariat")
    typer.echo(
        f"Erased: the reader was number {number}. The address is never mailed again."
        " Erase your own files, and backups in which it stands, too."
    )


@app.command()
def suppress(
    ctx: typer.Context,
    address: Annotated[str, WHO],
    reason: Annotated[str, typer.Option(help="For the record; no names.")] = "by the secretariat",
) -> None:
    """Never mail an address again, whether a reader's or not."""
    from mailer.services.subscriptions import subscribers

    settings = settings_of(ctx)
    found = _address(address)
    with store_of(settings) as store:
        new = subscribers.suppress(store, settings, clock_of(settings).now(), found, reason)
    typer.echo(f"{found.given} is {'' if new else 'already '}suppressed: it is never mailed.")


@app.command()
def unsuppress(
    ctx: typer.Context,
    address: Annotated[str, WHO],
    reason: Annotated[str, typer.Option(help="For the record; no names.")] = "asked by its owner",
) -> None:
    """Allow mail to an address again, because its owner asked for it."""
    from mailer.services.subscriptions import subscribers

    settings = settings_of(ctx)
    found = _address(address)
    with store_of(settings) as store:
        lifted = subscribers.unsuppress(store, settings, clock_of(settings).now(), found, reason)
    typer.echo(f"{found.given} is {'no longer' if lifted else 'not'} suppressed.")


for _command in (change, tag, bulk, waiting, approve, decline):
    app.command()(_command)


def _address(text: str) -> Address:
    from mailer.domain.subscribers.address import parse_address

    return parse_address(text)


def _who(store: Store, text: str) -> Address:
    """Read an address, or the number of a subscriber, as events name one."""
    from mailer.services.subscriptions import subscribers

    return _address(subscribers.get(store, int(text)).address if text.isdecimal() else text)
