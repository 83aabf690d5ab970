"""The command line: one module for each noun, loaded when it is called.

A noun's module holds `app = typer.Typer()`. Its commands take `ctx: typer.Context` and call
`settings_of(ctx)`; they let a `MailerError` fly, which `main` shows and turns into an exit code.
What a command needs it imports when it runs, so that `mailer --help` stays quick.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from mailer.errors import InputError, MailerError

if TYPE_CHECKING:
    from mailer.config import Settings


class Noun(NamedTuple):
    """A word that may follow `mailer`."""

    module: str
    """Module of this package that holds its `app`."""
    help: str
    group: bool = True
    """Whether commands follow; if not, the noun is a command itself."""


SECTIONS: Final[dict[str, dict[str, Noun]]] = {
    "Begin": {
        "demo": Noun(
            "demo.commands", "See it all work on this machine, with sample readers.", False
        ),
        "init": Noun(
            "operation.init", "Write a configuration with keys, ready to be filled in.", False
        ),
        "config": Noun(
            "operation.configuration", "Check the configuration, or show what is in force."
        ),
        "look": Noun("look", "Names, colours, words: what is said over the configuration."),
        "doctor": Noun(
            "operation.doctor", "Look whether mail leaves, arrives and is trusted.", False
        ),
    },
    "Write and send": {
        "subscribers": Noun(
            "subscribers.commands", "Readers: import, export, count, look up, decide, remove."
        ),
        "move-in": Noun(
            "subscribers.move_in", "Move a list of readers in from another program.", False
        ),
        "segments": Noun("segments", "Audience rules with names: define, count, list."),
        "editions": Noun("editions", "The bulletin: import an edition, check it, look at it."),
        "campaigns": Noun(
            "campaigns.commands", "Test, send or schedule an edition, and watch it go out."
        ),
        "calendar": Noun(
            "calendar.commands", "Meetings and other dates: import, change, cancel, export."
        ),
        "templates": Noun("templates", "Mail that other programs have sent: templates, ledger."),
        "events": Noun("operation.events", "The log of what happened, and when.", False),
        "webhooks": Noun("webhooks.commands", "Other systems that are told of events."),
    },
    "Understand mail": {
        "inbound": Noun("inbound.commands", "Inbound mail: receive it, classify it, look at it."),
        "outbox": Noun(
            "operation.outbox",
            "Mail that the service wrote by itself, and what became of it.",
            False,
        ),
    },
    "Run the service": {
        "up": Noun("operation.up", "Run everything: store, workers and scheduler.", False),
        "web": Noun("operation.web", "Serve the readers' web pages.", False),
        "worker": Noun("operation.worker", "Run one process that sends.", False),
        "scheduler": Noun("operation.scheduler", "Run the scheduler alone.", False),
        "users": Noun("access.users", "Who may sign in, and with which role."),
        "tokens": Noun("access.tokens", "API tokens: what programs may do."),
        "audit": Noun("access.audit", "What users and the operator did: list, verify, export."),
        "migrate": Noun(
            "operation.migrate", "Bring the data of a former version to the present one.", False
        ),
        "backup": Noun(
            "operation.backup", "Back up all data into one file, while the service runs.", False
        ),
        "restore": Noun("operation.restore", "Restore a backup into an empty folder.", False),
    },
}
NOUNS: Final = {name: noun for section in SECTIONS.values() for name, noun in section.items()}


_COMPLETION: Final = frozenset({"install_completion", "show_completion"})
"""Options that typer gives every app, and that would only puzzle a reader of our help."""


class Nouns(TyperGroup):
    """Knows the nouns by name and loads the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, noun in NOUNS.items():
            if find_spec(f"{__package__}.{noun.module}"):
                self.add_command(TyperCommand(name, help=noun.help, rich_markup_mode=None))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Put the real command in the place of its name."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, _load(name) if name in NOUNS else command, rest

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the nouns by what one does with them."""
        known = set(self.list_commands(ctx))
        for title, nouns in SECTIONS.items():
            if rows := [(name, noun.help) for name, noun in nouns.items() if name in known]:
                with formatter.section(title):
                    formatter.write_dl(rows)


def _load(name: str) -> Any:
    noun = NOUNS[name]
    noun_app: typer.Typer = importlib.import_module(f"{__package__}.{noun.module}").app
    # Plain text, as in `mailer --help`: it is quick, and reads well in pipes and screen readers.
    noun_app.rich_markup_mode = None
    command = (typer.main.get_group if noun.group else typer.main.get_command)(noun_app)
    command.help = command.help or noun.help
    command.params = [option for option in command.params if option.name not in _COMPLETION]
    return command


@dataclass
class Call:
    """The options given on the command line before the noun, and the settings once loaded."""

    config: Path | None = None
    options: dict[str, Any] = field(default_factory=dict)
    settings: Settings | None = None


def settings_of(ctx: typer.Context, **overrides: Any) -> Settings:
    """Load the settings for a command, and set logging up by them; the first call counts.

    Args:
        ctx: the command's context.
        overrides: settings that the command's own options give; none is as if not given.

    Raises:
        ConfigError: a setting is wrong; let it fly.
    """
    from mailer import log
    from mailer.config import Settings

    call = ctx.find_root().ensure_object(Call)
    if call.settings is None:
        call.settings = Settings.load(call.config, **(call.options | overrides))
        log.configure(call.settings.log_level, call.settings.log_format)
    return call.settings


app = typer.Typer(
    cls=Nouns,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
    epilog="Say `mailer NOUN --help` for more about any of these. New here? Try `mailer demo`.",
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"mailer {version('mailer')}")
        raise typer.Exit


@app.callback()
def options(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The configuration. Without it: $MAILER_CONFIG, mailer.toml in this folder,"
            " or /etc/mailer/mailer.toml.",
        ),
    ] = None,
    log_level: Annotated[
        str | None,
        typer.Option(metavar="LEVEL", help="How much is logged: debug, info, warning or error."),
    ] = None,
    version: Annotated[  # noqa: ARG001  # its callback does it
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Mail an institution's bulletin in each reader's language, and account for every mail."""
    ctx.obj = Call(config, {"log_level": log_level})


def main() -> None:
    """Run a command; an error that we foresee becomes its message and an exit code.

    Exit codes: 0 done; 1 it failed; 2 the call or the configuration is wrong; 130 interrupted.
    """
    try:
        app(prog_name="mailer")
    except MailerError as error:
        show(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        if error.filename is None:
            raise
        words = (error.strerror or "it cannot be used").lower()
        remedy = "correct the path, or the rights of the user that you are"
        show(InputError.of(str(error.filename), words, remedy, code="file.unusable"))
        sys.exit(1)


def show(error: MailerError) -> None:
    """Write what went wrong to standard error, one line for each problem."""
    from rich.console import Console
    from rich.text import Text

    from mailer.cli import remedies

    console = Console(stderr=True, soft_wrap=True, highlight=False)
    if not isinstance(error, InputError):
        console.print(Text(remedies.message_of(error), style="red"))
        return
    for problem in remedies.problems_of(error):
        line = Text(f"{problem.place}: " if problem.place else "", style="bold")
        line.append(problem.text, style="not bold red")
        console.print(
            line.append(f"; {problem.remedy}" if problem.remedy else "", style="not bold")
        )
