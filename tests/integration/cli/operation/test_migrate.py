"""`mailer migrate`, and how the other commands ask for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mailer.cli.main import app
from mailer.cli.remedies import message_of
from mailer.errors import MailerError, StoreError
from mailer.services.operation.opening import opened_for
from mailer.store import keys
from mailer.store.server.connection import open_store
from mailer.store.subscribers import records as subscribers
from support.samples import store_dump
from support.samples.returned_mail import put_key
from support.servers.ports import free_port
from support.service.small_campaign import settings_for

_MAIN = "from mailer.cli.main import main; main()"


@pytest.fixture
def former(data_dir: Path) -> Path:
    """The data folder of an installation of version 1, whose service has been stopped."""
    data_dir.mkdir()
    put_key(data_dir)
    store = open_store(data_dir, any_version=True)
    store.redis.flushall()
    store_dump.load(store.redis, store_dump.read(1))
    store.close()
    return data_dir


def variables(data_dir: Path) -> dict[str, str]:
    """Return the environment of an installation's commands."""
    return {
        "MAILER_DATA_DIR": str(data_dir),
        "MAILER_SENDER_ADDRESS": "bulletin@lists.example.org",
        "MAILER_LIST_DOMAIN": "lists.example.org",
        "MAILER_LOG_LEVEL": "error",
    }


def run(data_dir: Path, *arguments: str) -> str:
    """Run a command that succeeds; returns what it says."""
    done = CliRunner().invoke(app, arguments, env=variables(data_dir))
    assert done.exit_code == 0, done.output
    return done.output


def refused(data_dir: Path, *arguments: str) -> str:
    """Run a command that fails; returns why."""
    done = CliRunner().invoke(app, arguments, env=variables(data_dir))
    assert isinstance(done.exception, MailerError)
    return message_of(done.exception)


def version(data_dir: Path) -> int:
    """Return the version of the data."""
    store = open_store(data_dir, any_version=True)
    try:
        return int(store.redis.get(keys.SCHEMA))
    finally:
        store.close()


@pytest.mark.parametrize(
    "arguments", [("up",), ("worker",), ("scheduler",), ("subscribers", "count"), ("backup", "x")]
)
def test_other_commands_name_the_one_to_run(former: Path, arguments: tuple[str, ...]) -> None:
    """They change nothing, so that whoever installed too much can go back."""
    assert "nothing was changed. `mailer migrate --dry-run` says" in refused(former, *arguments)
    assert version(former) == 1


def test_a_dry_run_says_what_would_change(former: Path) -> None:
    """With counts, by which somebody who knows the list sees whether they are right."""
    said = run(former, "migrate", "--dry-run")
    assert "to version 2" in said
    assert "8 mails are counted" in said
    assert said.endswith("Nothing was changed.\n")
    assert version(former) == 1


def test_without_a_backup_it_asks_first(former: Path) -> None:
    """There is no way back but a copy; a script says that it has one."""
    assert "without a backup" in refused(former, "migrate")
    assert version(former) == 1
    assert "Done." in run(former, "migrate", "--yes")
    assert version(former) == keys.SCHEMA_VERSION
    assert "nothing to do" in run(former, "migrate")


def test_the_backup_that_it_makes_is_of_the_former_version_and_can_be_brought_back(
    former: Path, tmp_path: Path
) -> None:
    """By this Mailer too, which brings it up on the way, with what was going out paused."""
    file, other = tmp_path / "before.tar.gz", tmp_path / "other" / "data"
    assert "bytes" in run(former, "migrate", "--backup", str(file))
    assert version(former) == keys.SCHEMA_VERSION
    said = run(other, "restore", str(file))
    assert "mailer campaigns resume 4" in said
    for folder in (former, other):
        with opened_for(settings_for(folder)) as store:
            assert subscribers.count(store).by_status["active"] == 44


def test_a_backup_that_cannot_be_written_ends_it_before_anything_changes(
    former: Path, tmp_path: Path
) -> None:
    """An operator who asks for a way back does not want to go on without one."""
    (tmp_path / "before.tar.gz").touch()
    assert "there already" in refused(
        former, "migrate", "--backup", str(tmp_path / "before.tar.gz")
    )
    assert version(former) == 1


def test_up_brings_the_data_up_where_it_is_told_to(former: Path) -> None:
    """In a container, say, where nobody types a command in between."""
    settings = variables(former) | {
        "MAILER_RELAYS": f"smtp://127.0.0.1:{free_port()}",
        "MAILER_WORKERS": "1",
    }
    with subprocess.Popen(
        [sys.executable, "-c", _MAIN, "up", "--migrate"],
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        is_up = any("Mailer is up" in line for line in process.stderr)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate()
    assert is_up
    assert "to version 2" in out
    assert version(former) == keys.SCHEMA_VERSION


def test_data_of_a_newer_version_is_left_alone(former: Path) -> None:
    """Nobody knows here what it means."""
    store = open_store(former, any_version=True)
    store.redis.set(keys.SCHEMA, keys.SCHEMA_VERSION + 1)
    store.close()
    for arguments in (("migrate", "--yes"), ("up", "--migrate"), ("up",)):
        assert "Install the Mailer that wrote it" in refused(former, *arguments)
    with pytest.raises(StoreError, match="nothing was changed"):
        open_store(former, any_version=True)
