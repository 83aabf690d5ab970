"""Display of a campaign's status for people: a bar, a table of outcomes, and the balance."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mailer.cli.remedies import HOLDS
from mailer.cli.terminal import counted, table
from mailer.domain.campaigns.campaign import FINAL, Campaign, Counts, State

if TYPE_CHECKING:
    from mailer.services.campaigns.status import Status

LOOK_SECONDS: Final = 0.5
"""The interval between two looks at a campaign that is watched."""
LINE_SECONDS: Final = 5.0
"""The interval between two lines where there is no screen."""
BAR_WIDTH: Final = 40
OUTCOMES: Final = ("accepted", "rejected", "skipped", "unknown")
COLOURS: Final = {
    State.SENDING: "green",
    State.SENT: "green",
    State.PAUSED: "yellow",
    State.HELD: "yellow",
    State.CANCELLED: "red",
}


def watch(
    look: Callable[[], Status],
    console: Console,
    *,
    seconds: float | None = None,
    write: Callable[[Status], str] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Status:
    """Show a campaign until it is sent or cancelled.

    Args:
        look: tells how it stands now.
        console: where to; on a terminal it is redrawn, elsewhere lines follow one another.
        seconds: between two lines; none: `LINE_SECONDS`.
        write: makes a line; none: `line`. Where it is given, the screen is not redrawn.
        sleep: waits.

    Returns:
        How it stood at its end.
    """
    if console.is_terminal and write is None:
        return _redraw(look, console, sleep)
    each = max(1, round((seconds or LINE_SECONDS) / LOOK_SECONDS))
    turn, before = 0, None
    while True:
        status = look()
        state = status.campaign.state
        if state is not before or turn % each == 0:
            console.print((write or line)(status), soft_wrap=True, markup=False)
        if state in FINAL:
            return status
        turn, before = turn + 1, state
        sleep(LOOK_SECONDS)


def _redraw(look: Callable[[], Status], console: Console, sleep: Callable[[float], None]) -> Status:
    status = look()
    with Live(view(status), console=console, auto_refresh=False) as live:
        while status.campaign.state not in FINAL:
            sleep(LOOK_SECONDS)
            status = look()
            live.update(view(status), refresh=True)
    return status


def view(status: Status) -> RenderableType:
    """Draw all that there is to see."""
    campaign, counts = status.campaign, status.counts
    parts: list[RenderableType] = [_headline(campaign)]
    if campaign.rule:
        parts.append(
            Text(f"Only readers who fit {campaign.resolved or campaign.rule}", style="dim")
        )
    if counts.planned:
        parts += [_progress(status), Text(), outcome_table(counts), Text()]
        parts += [Text(f"Held back: {said}.", style="yellow") for said in _held_by(status)]
        if campaign.pauses_itself:
            parts.append(Text("It goes on by itself as soon as that is over.", style="yellow"))
        parts += [Text(said, style="dim") for said in _remarks(status)]
        parts.append(Text(balance(counts), style="" if counts.balanced else "bold red"))
    else:
        parts.append(Text(_not_begun(campaign)))
    return Group(*parts)


def line(status: Status) -> str:
    """Write how it stands in one line, for logs."""
    campaign, counts = status.campaign, status.counts
    if not counts.planned:
        return f"{_name(campaign)}: {campaign.state}. {_not_begun(campaign)}"
    settled = f"{counts.settled:,} of {counts.planned:,}"
    outcomes = ", ".join(f"{getattr(counts, name):,} {name}" for name in OUTCOMES)
    words = [f"{_name(campaign)}: {campaign.standing}", f"{settled} ({outcomes})", *_speed(status)]
    words += [f"held back: {said}" for said in _held_by(status)]
    return "; ".join(words)


def _held_by(status: Status) -> list[str]:
    """Say what holds it back, and where a command helps, which."""
    return [HOLDS.get(said, said) for said in status.held_by]


def balance(counts: Counts) -> str:
    """Write the books in one line (law 2)."""
    parts = " + ".join(f"{getattr(counts, name):,} {name}" for name in OUTCOMES)
    verdict = "the books balance." if counts.balanced else "THE BOOKS DO NOT BALANCE; see the log."
    sign = "=" if counts.balanced else "≠"
    return (
        f"Planned {counts.planned:,} {sign} {parts} + {counts.outstanding:,} outstanding: {verdict}"
    )


def outcome_table(counts: Counts) -> Table:
    """Make the table of languages by outcomes, with totals where there are several languages."""
    names = ("Planned", "Accepted", "Rejected", "Skipped", "Unknown", "Outstanding")
    made = table("Language", *names, numbers=names)
    for language, found in sorted(counts.by_language.items()):
        settled = [found.get(name, 0) for name in OUTCOMES]
        planned = found.get("planned", 0)
        _row(made, language, [planned, *settled, planned - sum(settled)])
    if len(counts.by_language) > 1:
        made.add_section()
        totals = [getattr(counts, name) for name in OUTCOMES]
        _row(made, "all", [counts.planned, *totals, counts.outstanding])
    return made


def _row(made: Table, name: str, numbers: list[int]) -> None:
    made.add_row(name, *(f"{number:,}" if number else "·" for number in numbers))


def _name(campaign: Campaign) -> str:
    return f"Campaign {campaign.number}"


def _headline(campaign: Campaign) -> Text:
    head = Text(_name(campaign), style="bold")
    head.append(f"  {campaign.what} to {campaign.readers}", style="not bold")
    if campaign.tags:
        head.append(f" ({', '.join(campaign.tags)})", style="not bold")
    head.append("  ")
    head.append(campaign.standing, style=COLOURS.get(campaign.state, "bold"))
    if campaign.reason and campaign.state is not State.SENDING:
        head.append(f": {campaign.reason}", style="not bold")
    return head


def _progress(status: Status) -> RenderableType:
    counts = status.counts
    row = Table.grid(padding=(0, 2))
    share = counts.settled * 100 // counts.planned
    bar = ProgressBar(counts.planned, counts.settled, width=BAR_WIDTH)
    row.add_row(bar, f"{share} %", *_speed(status))
    return row


def _speed(status: Status) -> list[str]:
    """Describe its speed and remaining time; nothing unless it is being sent."""
    if status.campaign.state is not State.SENDING:
        return []
    now = status.counts.outstanding - status.counts.deferred
    if not now:
        return ["the rest waits" + ("" if status.throttled else " for another try")]
    left = f"{span(now / status.rate)} left" if status.rate else "time left not known yet"
    return [f"{status.rate:,.0f} a second", left]


def span(seconds: float) -> str:
    """Write a length of time as people say it: `45 s`, `12 min`, `3 h 05 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"


def _remarks(status: Status) -> list[str]:
    said, counts = [], status.counts
    if reasons := {name: number for name, number in counts.by_skip_reason.items() if number}:
        listed = ", ".join(f"{number:,} {name}" for name, number in reasons.items())
        said.append(f"Skipped: {listed}.")
    if deferred := counts.deferred - status.throttled:
        wait = "waits" if deferred == 1 else "wait"
        said.append(f"{deferred:,} of those outstanding {wait} for another try.")
    if counts.bounced:
        said.append(f"{counts.bounced:,} of those accepted came back later.")
    if counts.complained:
        were = "was" if counts.complained == 1 else "were"
        said.append(f"{counts.complained:,} of those accepted {were} reported as unwanted.")
    if counts.resent:
        said.append(f"{counts.resent:,} sent again, for the answer to the first try was lost.")
    return said


def _not_begun(campaign: Campaign) -> str:
    number = campaign.number
    if campaign.state is State.SCHEDULED and campaign.scheduled_at:
        return f"It starts by itself on {when(campaign)}."
    if campaign.state is State.HELD:
        return (
            f"It waits for you: `mailer campaigns send {number}` sends it now, "
            f"`schedule {number} --at …` later, `cancel {number}` never."
        )
    if campaign.state is State.DRAFT:
        return f"Nothing is sent yet: `mailer campaigns send {number}` starts it."
    return f"{counted(0, 'delivery', 'deliveries')}."


def when(campaign: Campaign) -> str:
    """Write when a campaign starts, in the zone that was given with the time."""
    from datetime import UTC
    from zoneinfo import ZoneInfo

    if campaign.scheduled_at is None:
        return ""
    local = campaign.scheduled_at.astimezone(ZoneInfo(campaign.zone) if campaign.zone else UTC)
    said = f"{local:%A} {local.day} {local:%B %Y} at {local:%H:%M} {campaign.zone or 'UTC'}"
    utc = campaign.scheduled_at.astimezone(UTC)
    same = utc.replace(tzinfo=None) == local.replace(tzinfo=None)
    return said if same else f"{said} ({utc:%H:%M} UTC)"
