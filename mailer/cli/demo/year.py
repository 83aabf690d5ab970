"""`mailer demo --year`: the year from March to December, drawn as it goes by."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from rich.console import Console

from mailer.cli.terminal import counted, table

if TYPE_CHECKING:
    from mailer.demo.year import Row

LANGUAGES: Final = ("en", "fr", "es")


def show_year(folder: Path, count: int, out: Console, options: dict[str, Any]) -> bool:
    """Simulate the year in a folder; return whether the books of every campaign balance."""
    from mailer import log
    from mailer.clock import SimulatedClock
    from mailer.demo import run
    from mailer.demo.catcher import Catcher
    from mailer.demo.year import START, Year
    from mailer.workers import runtime

    begun = time.monotonic()
    with Catcher(folder / "mail") as catcher:
        # No pages are served under a clock that jumps, so everything goes by mail.
        settings = run.configure(folder, catcher, now=START, public_url="", **options)
        log.configure(settings.log_level, settings.log_format)
        clock = SimulatedClock(START)
        own = runtime.start(settings, clock)
        try:
            year = Year(folder, own, clock, count)
            dates, readers = year.prepare()
            _say(
                out,
                f"[bold]Mailer[/bold] lets a year go by: {dates} dates, {readers} readers, a clock"
                " that jumps, and a relay that catches every message.\n",
            )
            rows = []
            with out.status("1 March") as status:
                for row in year.go_by():
                    rows.append(row)
                    status.update(f"{row.at:%-d %B}")
            wrong = year.compare()
            tally = year.tally()
        finally:
            own.close()
    out.print(_timeline(rows))
    sent = sum(sum(row.by_language.values()) for row in rows)
    campaigns = sum(bool(row.outcome) for row in rows)
    out.print()
    answers = "; ".join(
        f"{sum(found.values())} {answer} ({', '.join(f'{code} {n}' for code, n in found.items())})"
        for answer, found in tally.items()
    )
    _say(out, f"Answers to the invitation, as they were counted: {answers}.")
    for text in wrong:
        _say(out, f"[red]{text}[/red]")
    verdict = (
        "the books of every campaign balance" if not wrong else "[red]SOMETHING IS WRONG[/red]"
    )
    seconds = time.monotonic() - begun
    _say(
        out,
        f"{counted(campaigns, 'campaign')}, {counted(sent, 'message')} caught, in"
        f" {seconds:.0f} seconds: [bold]{verdict}[/bold].",
    )
    return not wrong


def _say(out: Console, text: str) -> None:
    """Print a paragraph, indented."""
    from rich.padding import Padding

    out.print(Padding(text, (0, 2)))


def _timeline(rows: list[Row]) -> Any:
    """Draw date × what × language × outcome."""
    made = table("Date", "What", *LANGUAGES, "Outcome", numbers=LANGUAGES)
    for row in rows:
        at = f"{row.at.astimezone(ZoneInfo('Europe/Zurich')):%d %b %H:%M}"
        shares = [f"{row.by_language.get(code, 0):,}" if row.outcome else "" for code in LANGUAGES]
        style = "" if row.outcome else "italic dim"
        made.add_row(at, row.what, *shares, row.outcome, style=style)
    return made
