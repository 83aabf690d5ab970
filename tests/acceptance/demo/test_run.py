"""`mailer demo`: a newcomer's first minute, in an empty home directory and without a terminal."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import pytest

from mailer.clock import SystemClock
from mailer.config import Settings
from mailer.demo import maildir
from mailer.demo.run import Demo
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.store.server.connection import opened
from support.patience import PATIENCE

pytestmark = pytest.mark.acceptance

MAILER = Path(sys.executable).with_name("mailer")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home directory."""
    made = tmp_path / "home"
    made.mkdir()
    return made


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return what a newcomer's shell has, and no more; temporary files go below home too."""
    (home / "tmp").mkdir(exist_ok=True)
    return {"HOME": str(home), "PATH": os.defpath, "TMPDIR": str(home / "tmp"), **more}


def run(
    *arguments: str | Path, env: Mapping[str, str], folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [MAILER, *arguments],
        env=dict(env),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def processes(mark: str) -> list[str]:
    """List the command lines of running processes in which something stands."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if mark in command:
            found.append(command)
    return found


def test_once_sends_to_three_hundred_and_the_books_balance(home: Path) -> None:
    """The promise of the README: one command, and every delivery is accounted for."""
    done = run("demo", "--once", env=environment(home))
    assert (done.returncode, done.stderr) == (0, "")
    words = " ".join(done.stdout.split())
    assert "English 149 – 1 – 150 149" in words
    assert "Spanish 68 1 – – 69 68" in words
    assert "French 80 1 – – 81 80" in words
    assert "all 297 2 1 – 300 297" in words
    balance = "297 accepted + 2 rejected + 1 skipped + 0 unknown + 0 outstanding"
    assert f"Planned 300 = {balance}: the books balance." in words
    assert "297 messages: exactly the accepted ones, each once." in words
    assert not processes(str(home))


def test_once_leaves_only_three_messages_to_look_at(home: Path) -> None:
    """A trial must not fill the disk, but the paths that it prints must lead somewhere."""
    done = run("demo", "--once", "--recipients", "12", env=environment(home))
    left = {path for path in home.rglob("*") if path.is_file()}
    assert {path.name for path in left} == {
        f"{language}.{kind}" for language in ("en", "es", "fr") for kind in ("eml", "html", "txt")
    }
    assert all(str(path) in done.stdout for path in left)
    page = next(path for path in left if path.name == "fr.html").read_text(encoding="utf-8")
    assert 'lang="fr"' in page
    assert "cid:" not in page


def test_the_folder_named_is_kept_and_holds_what_the_books_say(home: Path, tmp_path: Path) -> None:
    """A user who wants to look closer finds a whole installation, usable by its own commands."""
    data = tmp_path / "data"
    env = environment(home)
    assert run("demo", "--once", "--recipients", "40", "--data", data, env=env).returncode == 0
    told = run("--config", data / "mailer.toml", "campaigns", "status", "1", "--json", env=env)
    status = json.loads(told.stdout)
    assert (status["state"], status["planned"], status["balanced"]) == ("sent", 40, True)
    caught = list(maildir.read(data / "mail"))
    assert Counter(mail.language for mail in caught) == {
        code: counts["accepted"] for code, counts in status["by_language"].items()
    }
    assert len({mail.recipient for mail in caught}) == len(caught) == status["accepted"]


def test_mail_that_was_lost_or_doubled_is_found_out(home: Path, tmp_path: Path) -> None:
    """`--once` is how we are judged: it must not say that all is well when it is not."""
    data = tmp_path / "data"
    run("demo", "--once", "--recipients", "12", "--data", data, env=environment(home))
    settings = Settings.load(data / "mailer.toml")
    with opened(settings.data_dir) as store:
        status = Campaigns(store, settings, SystemClock(settings.clock_offset)).status(1)
        demo = Demo(data, settings, store, 12)
        assert demo.compare(status).wrong == []
        lost, doubled, *_ = maildir.read(data / "mail")
        lost.path.unlink()
        shutil.copy(doubled.path, doubled.path.with_name("2.eml"))
        maildir.deliver(data / "mail", "", "stranger@example.org", b"\r\n")
        wrong = demo.compare(status).wrong
    assert wrong == [
        f"{lost.recipient}: accepted by the books, but not with the catcher.",
        f"{doubled.recipient}: with the catcher more than once.",
        "stranger@example.org: with the catcher, but not accepted by the books.",
    ]


def test_a_folder_in_use_is_left_alone(home: Path, tmp_path: Path) -> None:
    """It may be a real service's: its readers must not be mixed with samples."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "mailer.toml").write_text("precious")
    done = run("demo", "--once", "--data", data, env=environment(home))
    assert done.returncode == 1
    assert "is not empty" in done.stderr
    assert "name a new folder" in done.stderr
    assert [path.name for path in data.iterdir()] == ["mailer.toml"]
    assert (data / "mailer.toml").read_text() == "precious"


def test_a_folder_that_cannot_be_made_is_told(home: Path, tmp_path: Path) -> None:
    """An error of the system's own would not say what to do."""
    (tmp_path / "file").write_text("")
    done = run("demo", "--once", "--data", tmp_path / "file" / "data", env=environment(home))
    assert done.returncode == 1
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_own_configuration_is_not_used(home: Path, tmp_path: Path) -> None:
    """A user who tries the demo beside a real service must not send samples through its relay."""
    (tmp_path / "mailer.toml").write_text("this is = = no configuration")
    env = environment(
        home,
        MAILER_RELAYS="smtp://127.0.0.1:1",
        MAILER_REDIS_URL="redis://127.0.0.1:1",
        MAILER_CONFIG=str(tmp_path / "mailer.toml"),
    )
    done = run("demo", "--once", "--recipients", "12", env=env, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stays_up_until_it_is_stopped_and_cleans_up(home: Path, number: signal.Signals) -> None:
    """A user looks around while it runs; afterwards neither processes nor files remain."""
    env = environment(home)
    command = [str(MAILER), "demo", "--recipients", "12"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        lines = list(until(demo.stdout, "Ctrl-C"))
        hint = next(line.split() for line in lines if "campaigns status 1" in line)
        assert run(*hint[1:], env=env).returncode == 0
        demo.send_signal(number)
        assert demo.wait(PATIENCE) == 0
    assert not processes(str(home))
    assert not [path for path in home.rglob("*") if path.is_file()]


def until(stream: IO[str], words: str) -> Iterator[str]:
    """Yield the lines of a stream up to one that holds those words."""
    for line in stream:
        yield line
        if words in line:
            return
    pytest.fail(f"It ended before it said {words!r}.")
