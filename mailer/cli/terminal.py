"""Shared by commands: opening the store, and writing text and tables that fit the terminal."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from mailer.clock import Clock
    from mailer.config import Settings
    from mailer.domain.access.actor import Actor
    from mailer.services.operation.opening import Store

NARROWEST: Final = 40
LOGIN: Final = Path("/proc/self/loginuid")
NOBODY_LOGGED_IN: Final = 2**32 - 1


@contextmanager
def store_of(settings: Settings) -> Iterator[Store]:
    """Open the store of the settings for a `with` block, in which the operator acts.

    From then on the settings are with what users said over them.
    """
    from mailer.services.access.acting import Recorder, acting_as
    from mailer.services.look.live import adopt
    from mailer.services.operation.opening import opened_for

    with (
        opened_for(settings) as store,
        acting_as(operator_here(), Recorder(store, settings, clock_of(settings))),
    ):
        adopt(store, settings)
        yield store


def operator_here(login: Path = LOGIN) -> Actor:
    """Return who has this shell: the user of the system who logged in, at this host.

    By what the kernel knows of it, which stays through `sudo` and `su`; where it knows nothing, by
    what `sudo` says to root, or by the user that the process is. Never by what anybody can put into
    the environment: one person would be two, and their own second.

    Args:
        login: the file in which the kernel tells the number of the user who logged in.
    """
    import os
    import socket

    from mailer.domain.access.actor import operator

    user = os.geteuid()
    logged_in = _number_in(login)
    behind = os.environ.get("SUDO_USER", "") if user == 0 and logged_in is None else ""
    name = behind or _name_of(user if logged_in is None else logged_in)
    return operator(name, socket.gethostname())


def _number_in(login: Path) -> int | None:
    try:
        number = int(login.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return None if number == NOBODY_LOGGED_IN else number


def _name_of(user: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:  # a container's user need not have a name
        return str(user)


def clock_of(settings: Settings) -> Clock:
    """Return the clock of the settings."""
    from mailer.clock import SystemClock

    return SystemClock(settings.clock_offset)


def folded(text: str, indent: str = "") -> str:
    """Fold a paragraph to the terminal's width; in a pipe it stays one line."""
    if not sys.stdout.isatty():
        return indent + text
    width = max(shutil.get_terminal_size().columns, NARROWEST)
    return textwrap.fill(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def counted(number: int, one: str, many: str = "") -> str:
    """Write a number with its noun: `1 warning`, `2 warnings`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[str]) -> str:
    """Write names one after the other: `a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def table(*columns: str, numbers: Sequence[str] = ()) -> Table:
    """Begin a table without rules; the columns named in `numbers` stand at the right."""
    from rich import box
    from rich.table import Table

    made = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        header_style="bold",
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    for name in columns:
        made.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    return made


def console(*, stderr: bool = False) -> Console:
    """Return the console for tables; in a pipe it is as wide as its content."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False)
    if not made.is_terminal:
        made.width = 200
    return made


def show_table(made: Any) -> None:
    """Print a table to standard output."""
    console().print(made)


def is_asked() -> bool:
    """Tell whether somebody sits at a terminal who can answer a question."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def ask(question: str, *, size: str, otherwise: str, yes: bool) -> None:
    """Have a person say yes to what mails many, or cannot be undone (law 18).

    Where nobody can be asked, in a script or a pipe, only `--yes` says it.

    Args:
        question: as it is asked at a terminal.
        size: what would happen, and to how many; for the error where nobody can be asked.
        otherwise: what is said after a no.
        yes: whether `--yes` was given.

    Raises:
        InputError: nobody can be asked.
        typer.Exit: the answer was no.
    """
    import typer

    from mailer.errors import InputError

    if yes:
        return
    if not is_asked():
        said = f"{size}, and nobody can be asked here: this is no terminal"
        raise InputError.of("", said, "add --yes if that is meant", code="unconfirmed")
    if not typer.confirm(question):
        typer.echo(otherwise)
        raise typer.Exit(1)
