"""`mailer demo`: the main job from end to end, on this machine and visibly."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer
from rich.markup import escape

from mailer.cli.main import Call
from mailer.cli.terminal import console, counted, table

if TYPE_CHECKING:
    from mailer.demo.run import Comparison, Demo, Readers
    from mailer.services.campaigns.status import Status

FEWEST, MOST = 12, 10_000
"""Recipients; each message takes a fifth of a megabyte of disk."""
LOOK_SECONDS: Final = 0.1
USES: Final = ("as it was sent", "in a browser", "in a terminal")
OUTCOMES: Final = ("accepted", "rejected", "skipped", "unknown")

app = typer.Typer()
_out = console()


@app.command()
def demo(  # noqa: PLR0917 - typer calls it, by name
    ctx: typer.Context,
    once: Annotated[
        bool,
        typer.Option("--once", help="End when the edition is sent: with 0 if the books balance."),
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Use this new folder, and keep it afterwards."),
    ] = None,
    recipients: Annotated[
        int,
        typer.Option(
            metavar="N", min=FEWEST, max=MOST, help="Number of readers who get the edition."
        ),
    ] = 300,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the temporary folder too.")] = False,
    year: Annotated[
        bool,
        typer.Option(
            "--year", help="Play March to December instead, in a minute, with every reminder."
        ),
    ] = False,
) -> None:
    """See it all work on this machine: an edition goes out to sample readers in three languages.

    Runs the whole service in a folder of its own, with a relay that catches every message, so
    that nothing leaves this machine. Your own configuration is not used. Stays up when all is
    sent, so that you can look around; Ctrl-C stops it and removes the folder.
    """
    from mailer.demo import run

    _forget_own_configuration()
    if data is not None:
        run.prepare(data)
    folder = data.absolute() if data else Path(tempfile.mkdtemp(prefix="mailer-demo-"))
    good: bool | None = None
    try:
        with _interruptible():
            if year:
                good = _year(ctx, folder, recipients)
            else:
                good = _run(ctx, folder, recipients, once=once)
    finally:
        if not (data or keep) and good is not False:
            _clean(folder, spare_look=once)
    if not good:
        raise typer.Exit(1)


def _run(ctx: typer.Context, folder: Path, count: int, *, once: bool) -> bool:
    """Run the service and the steps; returns whether everything agrees."""
    from mailer import log
    from mailer.demo import run
    from mailer.demo.catcher import Catcher
    from mailer.workers.supervisor import Supervisor

    with Catcher(folder / "mail") as catcher:
        settings = run.configure(folder, catcher, **ctx.find_root().ensure_object(Call).options)
        log.configure(settings.log_level, settings.log_format)
        supervisor = Supervisor(settings)
        try:
            demo = run.Demo(folder, settings, supervisor.start(), count)
            good = _show(demo, supervisor.look)
            if not once:
                _stay(folder, settings.public_url, demo.add_owner(), supervisor.look)
        finally:
            supervisor.stop()
    return good


def _year(ctx: typer.Context, folder: Path, count: int) -> bool:
    from mailer.cli.demo.year import show_year

    return show_year(folder, count, _out, ctx.find_root().ensure_object(Call).options)


def _show(demo: Demo, look: Callable[[], None]) -> bool:
    """Go through the steps one by one and report the result of each."""
    _say(
        "[bold]Mailer[/bold] runs here as a whole: its store, two workers, the scheduler, web"
        " pages, and a relay that catches every message. Nothing leaves this machine. By its clock"
        f" it is {demo.clock.now():%-d %B %Y}."
    )
    summary, findings = demo.import_edition()
    found = counted(len(findings), "thing") + " to look at" if findings else "nothing to mend"
    _step("Edition", f"{summary.slug}, written in {_names(summary.languages)}; {found}")
    readers = demo.import_readers()
    _step("Readers", *_about(readers))
    number = demo.create(summary.slug)
    demo.send(readers)
    status = _watch(demo, look)
    _step("Campaign", f"number {number}, sent in {_seconds(status)}")
    compared = demo.compare(status)
    _books(status, compared)
    _looks(demo, compared)
    for text in compared.wrong:
        _out.print(f"[red]{text}[/red]")
    if compared.wrong:
        _out.print(f"All of it is in {demo.folder}; look into it.")
    return not compared.wrong


def _about(readers: Readers) -> list[str]:
    sample, first, again = readers.sample, readers.first, readers.again
    shares = {code: 0 for _, code, _ in sample.readers}
    for _, code, _ in sample.readers:
        shares[code] += 1
    by_language = ", ".join(f"{count} read {_name(code)}" for code, count in shares.items())
    came = f"{first.added} imported from {first.file.name}"
    went = f"{len(sample.left)} left, and {len(sample.suppressed)} must never be mailed again"
    again_ = f"{again.unchanged} unchanged, {again.refused} left alone"
    return [
        f"{came}; then {went}",
        f"the same file once more: {again_}, for an import brings nobody back",
        f"of the {len(sample.readers)} that remain, {by_language}",
    ]


def _watch(demo: Demo, look: Callable[[], None]) -> Status:
    """Show a bar until the campaign is over."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn())
    rate = TextColumn("{task.fields[rate]}")
    live = _out.is_terminal
    with Progress(*columns, rate, console=_out, transient=True, disable=not live) as progress:
        bar = progress.add_task("sending", total=None, rate="")
        for status in demo.watch():
            counts = status.counts
            told = f"{status.rate:,.0f} a second" if status.rate else ""
            progress.update(bar, completed=counts.settled, total=counts.planned, rate=told)
            look()
            time.sleep(LOOK_SECONDS)
    return status


def _books(status: Status, compared: Comparison) -> None:
    """Print language by outcome, what the catcher holds, and the balance of law 2."""
    from mailer.cli.campaigns.live import balance

    counts, held = status.counts, compared.by_language
    made = table("", *OUTCOMES, "planned", "caught", numbers=(*OUTCOMES, "planned", "caught"))
    for code in status.campaign.languages:
        found = counts.by_language[code]
        numbers = [found.get(name, 0) for name in (*OUTCOMES, "planned")]
        made.add_row(_name(code), *map(_shown, (*numbers, held.get(code, 0))))
    made.add_section()
    totals = [getattr(counts, name) for name in (*OUTCOMES, "planned")]
    made.add_row("all", *map(_shown, (*totals, sum(held.values()))), style="bold")
    _out.print()
    _out.print(made)
    _out.print()
    _say(balance(counts))
    caught = counted(sum(held.values()), "message")
    which = (
        "exactly the accepted ones, each once" if not compared.wrong else "NOT the accepted ones"
    )
    _say(f"The catcher holds {caught}: [bold]{which}[/bold].")
    _say(
        "[dim]Rejected: sample mailboxes that do not exist. Skipped: a reader who left after the"
        " audience was frozen, and is asked for at the last moment.[/dim]"
    )


def _looks(demo: Demo, compared: Comparison) -> None:
    from mailer.demo import books

    _out.print()
    _say("One message in each language, to look at:")
    for one in books.lay_out(compared.caught, demo.folder / "look"):
        _say(f"[bold]{_name(one.language)}[/bold]  {escape(one.subject)}")
        for file, use in zip(one.files, USES, strict=True):
            _out.print(f"    {file}  [dim]{use}[/dim]", soft_wrap=True)


def _stay(folder: Path, pages: str, console: str, look: Callable[[], None]) -> None:
    """Keep the service up until somebody stops it."""
    _out.print()
    _say(f"Web pages: {pages}/ (the links in the messages lead there)")
    _say("The console, as its owner (the link works once, within the hour):")
    _out.print(f"  {console}", soft_wrap=True, markup=False)
    _say(f"All messages: {folder / 'mail'} (a Maildir). The service stays up; try, elsewhere:")
    command = "mailer" if shutil.which("mailer") else Path(sys.executable).with_name("mailer")
    told = f"  {command} --config {folder / 'mailer.toml'} campaigns status 1"
    _out.print(told, soft_wrap=True, markup=False)
    _say("[bold]Ctrl-C[/bold] stops it.")
    with suppress(KeyboardInterrupt):
        while True:
            look()
            time.sleep(LOOK_SECONDS)
    _say("Stopping.")


def _step(title: str, *lines: str) -> None:
    for place, line in enumerate(lines):
        _say(escape(line), "" if place else title, 10)


def _say(text: str, head: str = "", indent: int = 2) -> None:
    """Print a paragraph, indented, with a word in the margin."""
    from rich.text import Text

    lines = Text.from_markup(text).wrap(_out, _out.width - indent)
    for place, line in enumerate(lines):
        line.rstrip()
        margin = Text(("" if place else head).ljust(indent), style="bold")
        _out.print(margin.append_text(line), soft_wrap=True)


def _seconds(status: Status) -> str:
    campaign = status.campaign
    if campaign.started_at is None or campaign.finished_at is None:
        return "no time that could be told"
    seconds = (campaign.finished_at - campaign.started_at).total_seconds()
    return f"{seconds:.1f} seconds: {status.counts.settled / max(seconds, 0.1):,.0f} a second"


def _shown(number: int) -> str:
    return f"{number:,}" if number else "–"


def _name(code: str) -> str:
    from babel import Locale

    return Locale.parse(code, sep="-").get_display_name("en") or code


def _names(codes: Sequence[str]) -> str:
    from babel.lists import format_list

    return format_list([_name(code) for code in codes], locale="en")


def _forget_own_configuration() -> None:
    """Keep the operator's variables out: one of them may name a relay that sends real mail."""
    for name in [name for name in os.environ if name.startswith("MAILER_")]:
        del os.environ[name]


def _clean(folder: Path, *, spare_look: bool) -> None:
    """Remove what the demonstration made; `look`, if wanted, is left."""
    for path in folder.iterdir():
        if path.is_dir() and not (spare_look and path.name == "look"):
            shutil.rmtree(path, ignore_errors=True)
        elif path.is_file():
            path.unlink()
    with suppress(OSError):
        folder.rmdir()


@contextmanager
def _interruptible() -> Iterator[None]:
    """End the block at the first SIGINT or SIGTERM; further ones do not disturb the stopping."""
    both = (signal.SIGINT, signal.SIGTERM)

    def interrupt(_signum: int, _frame: Any) -> NoReturn:
        for number in both:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = [signal.signal(number, interrupt) for number in both]
    try:
        yield
    finally:
        for number, handler in zip(both, before, strict=True):
            signal.signal(number, handler)
