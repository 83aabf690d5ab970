"""Runs `mailer` as a user does, but in this process and on a given store: a command in no time."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from typer.testing import CliRunner

from mailer.cli.main import main
from mailer.store.server.connection import Store


@dataclass(frozen=True, slots=True)
class Said:
    """The output of a command, and its exit."""

    code: int
    out: str
    err: str
    raw: bytes


@dataclass
class Command:
    """The command line of an installation: a store, a data folder, and further settings."""

    store: Store
    data_dir: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    """Variables such as `MAILER_TOPICS`."""

    def variables(self) -> dict[str, str]:
        """Return the environment of its commands, with no settings but those given."""
        kept = {name: value for name, value in os.environ.items() if name[:7] != "MAILER_"}
        return kept | {
            "MAILER_REDIS_URL": self.store.address,
            "MAILER_DATA_DIR": str(self.data_dir),
            "MAILER_SENDER_ADDRESS": "bulletin@example.org",
            "MAILER_LIST_DOMAIN": "lists.example.org",
            **self.settings,
        }

    def __call__(self, *arguments: str, answer: str = "") -> Said:
        """Run a command and wait for its end."""
        code = 0
        with (
            mock.patch.dict(os.environ, self.variables(), clear=True),
            mock.patch.object(sys, "argv", ["mailer", *arguments]),
            CliRunner().isolation(input=answer) as (out, err, _),
        ):
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
            sys.stdout.flush()
            sys.stderr.flush()
            raw, errors = out.getvalue(), err.getvalue()
        return Said(code, raw.decode(errors="replace"), errors.decode(), raw)
