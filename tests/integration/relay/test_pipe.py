"""Mail through a command: its exit status decides, and its arguments are the envelope."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mailer.domain.bounces.refusal import Stage
from mailer.domain.campaigns.delivery import Attempt, Outcome
from mailer.domain.settings.transport_url import Destination, TransportUrl, parse_destination
from mailer.errors import RelayError
from mailer.relay.direct import Direct
from mailer.relay.envelope import Envelope
from mailer.relay.limits import Backoff
from mailer.relay.opening import open_transport
from mailer.relay.pipe import EXITS, Pipe

CONTENT = b"Subject: hello\r\n\r\n..text\r\n"


class Letters:
    """A feed of letters, each offered once."""

    def __init__(self, *recipients: str) -> None:
        self.waiting = list(recipients)
        self.ends: dict[str, Attempt] = {}

    def take(self, _relay: Destination) -> Envelope | None:
        """Hand out the next one."""
        return to(self.waiting.pop(0)) if self.waiting else None

    def settle(self, envelope: Envelope, attempt: Attempt) -> None:
        """Remember the end."""
        self.ends[str(envelope.recipient)] = attempt


async def until(true: Callable[[], bool]) -> None:
    """Let the loop run until something is so."""
    while not true():  # noqa: ASYNC110 - processes of others tell of themselves only by being asked
        await asyncio.sleep(0.001)


def to(recipient: str) -> Envelope:
    """Return a letter to somebody."""
    return Envelope(1, "", recipient, CONTENT, len(CONTENT))


def command(folder: Path, *lines: str) -> str:
    """Write a program; returns it as the setting names it."""
    file = folder / "take"
    file.write_text("\n".join([f"#!{sys.executable}", "import os, sys, time", *lines]) + "\n")
    file.chmod(0o700)
    return f"{file} -f {{sender}} -- {{recipient}}"


def is_running(process: int) -> bool:
    """Tell whether a process is there, and no zombie that nobody has buried yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def carried(place: str, recipient: str = "a@example.org", seconds: float = 60) -> Attempt:
    """Hand one letter to a command."""

    async def run() -> Attempt:
        carrier = Pipe(place, seconds=seconds)
        await carrier.ready()
        return await carrier.carry(to(recipient))

    return asyncio.run(run())


def test_the_command_gets_the_message_and_its_envelope(tmp_path: Path) -> None:
    """An address that begins with a hyphen comes after the end of options; dots are not doubled."""
    place = command(
        tmp_path,
        f"open({str(tmp_path / 'got')!r}, 'w').write(repr((sys.argv[1:], sys.stdin.read())))",
    )
    attempt = carried(place, "-oQ/tmp@example.org")
    assert attempt.outcome is Outcome.ACCEPTED
    arguments, content = eval((tmp_path / "got").read_text())  # noqa: S307 - we wrote it above
    assert arguments == ["-f", "", "--", "-oQ/tmp@example.org"]
    assert content == "Subject: hello\n\n.text\n"


@pytest.mark.parametrize(
    ("status", "outcome", "stage"),
    [
        (65, Outcome.REJECTED, Stage.DOT),
        (67, Outcome.REJECTED, Stage.RCPT),
        (68, Outcome.REJECTED, Stage.RCPT),
        (69, Outcome.REJECTED, Stage.DOT),
        (75, Outcome.DEFERRED, Stage.DOT),
        (77, Outcome.REJECTED, Stage.DOT),
    ],
)
def test_an_exit_status_says_what_a_reply_would(
    tmp_path: Path, status: int, outcome: Outcome, stage: Stage
) -> None:
    """The judge of refusals gets code, words and stage, as from a relay."""
    attempt = carried(command(tmp_path, "print('so  it', 'is')", f"sys.exit({status})"))
    assert (attempt.outcome, attempt.stage) == (outcome, stage)
    assert attempt.code == EXITS[status].code
    assert attempt.enhanced == EXITS[status].enhanced
    assert "so it is" in attempt.text


@pytest.mark.parametrize("status", [1, 64, 70, 71, 78, 127])
def test_any_other_status_is_about_the_command(tmp_path: Path, status: int) -> None:
    """Law 14: a wrong option or a broken installation is no reader's fault."""
    with pytest.raises(RelayError, match=f"status {status}: no such option"):
        carried(command(tmp_path, "print('no such option')", f"sys.exit({status})"))


def test_a_command_that_takes_too_long_is_killed_with_all_it_started(tmp_path: Path) -> None:
    """Nobody can tell whether it took the message; and nothing of it may go on."""
    place = command(
        tmp_path,
        "sys.stdin.read()",
        "child = os.fork()",
        f"child and open({str(tmp_path / 'child')!r}, 'w').write(str(child))",
        "time.sleep(3600)",
    )
    attempt = carried(place, seconds=2)
    assert attempt.outcome is Outcome.UNKNOWN
    assert "within 2 seconds" in attempt.text
    child = int((tmp_path / "child").read_text())
    while is_running(child):
        time.sleep(0.001)


def test_what_goes_on_in_the_background_is_not_waited_for(tmp_path: Path) -> None:
    """An MTA may deliver after its `sendmail` has ended, with the same output still open."""
    place = command(
        tmp_path,
        "sys.stdin.read()",
        "child = os.fork()",
        "child or time.sleep(3600)",
        "print(child)",
    )
    attempt = carried(place)
    assert attempt.outcome is Outcome.ACCEPTED
    assert is_running(int(attempt.text))
    os.kill(int(attempt.text), signal.SIGKILL)


def test_a_command_that_hangs_is_left_alone(tmp_path: Path) -> None:
    """Law 14: of one that takes no mail, only the first few messages are in doubt."""
    url = TransportUrl("pipe", command(tmp_path, "time.sleep(3600)"))

    async def run() -> None:
        carrier = Pipe(url.place, seconds=0.2)
        transport = Direct(url, carrier, connections=4, backoff=Backoff(first=60, longest=60))
        feed = Letters(*(f"r{number}@example.org" for number in range(9)))
        transport.serve(feed)
        await until(lambda: transport.problem is not None)
        assert "did not end within 0.2 seconds" in str(transport.problem)
        assert len(feed.waiting) == 8
        await transport.drain(60)
        await transport.close()

    asyncio.run(run())


def test_a_command_that_a_signal_ends_leaves_it_unknown(tmp_path: Path) -> None:
    """Out of memory after the message was queued, or before: nobody can tell."""
    place = command(tmp_path, f"os.kill(os.getpid(), {int(signal.SIGKILL)})")
    assert carried(place).outcome is Outcome.UNKNOWN


def test_a_command_that_reads_nothing_is_judged_by_its_status(tmp_path: Path) -> None:
    """A pipe that breaks is not an error of its own."""
    assert carried(command(tmp_path, "sys.stdin.close()", "sys.exit(67)")).code == 550


def test_our_secrets_are_none_of_its_business(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store's password is in a variable of the worker's."""
    monkeypatch.setenv("MAILER_REDIS_URL", "redis://:hidden@127.0.0.1")
    said = "print([name for name in os.environ if name.startswith('MAILER')])"
    assert carried(command(tmp_path, said)).text == "[]"


def test_a_command_that_is_not_there_holds_all_mail(tmp_path: Path) -> None:
    """A typing error in the settings costs no reader anything."""

    async def run() -> None:
        url = parse_destination(f"pipe:{tmp_path}/missing -f {{sender}} -- {{recipient}}")
        transport = open_transport([url], connections=4, backoff=Backoff(first=60, longest=60))
        feed = Letters("a@example.org", "b@example.org")
        transport.serve(feed)
        await until(lambda: transport.problem is not None)
        assert f"{tmp_path}/missing cannot be run" in str(transport.problem)
        assert feed.waiting == ["b@example.org"]
        assert not feed.ends["a@example.org"].counts
        await transport.close()

    asyncio.run(run())


def test_a_command_that_refuses_everybody_refuses_us(tmp_path: Path) -> None:
    """Law 14: the same to many in a row, with nothing accepted between, is no reader's fault."""
    place = command(tmp_path, "print('User unknown')", "sys.exit(67)")
    everybody = [f"r{number}@example.org" for number in range(40)]

    async def run() -> Letters:
        transport = open_transport(
            [parse_destination(f"pipe:{place}")],
            connections=2,
            backoff=Backoff(first=60, longest=60),
        )
        feed = Letters(*everybody)
        transport.serve(feed)
        await until(lambda: bool(transport.refusals()))
        assert "User unknown" in str(transport.problem)
        await transport.drain(60)
        await transport.close()
        return feed

    feed = asyncio.run(run())
    assert feed.waiting, "it goes on although all are refused"
    assert {one.outcome for one in feed.ends.values()} == {Outcome.DEFERRED}


def test_a_dead_address_among_others_is_rejected(tmp_path: Path) -> None:
    """A refusal about one reader stays so: mail that left later was taken."""
    place = command(tmp_path, "sys.exit(67 if sys.argv[-1].startswith('gone') else 0)")

    async def run() -> Letters:
        transport = open_transport([parse_destination(f"pipe:{place}")], connections=1)
        feed = Letters("a@example.org", "gone@example.org", "b@example.org")
        transport.serve(feed)
        await transport.idle()
        await transport.close()
        return feed

    ends = asyncio.run(run()).ends
    assert ends.pop("gone@example.org").outcome is Outcome.REJECTED
    assert {one.outcome for one in ends.values()} == {Outcome.ACCEPTED}


def test_what_is_cut_off_is_unknown(tmp_path: Path) -> None:
    """A stop that waits no longer must not call a message lost, nor delivered."""
    place = command(tmp_path, f"open({str(tmp_path / 'began')!r}, 'w')", "time.sleep(3600)")

    async def run() -> Attempt:
        transport = open_transport([parse_destination(f"pipe:{place}")], connections=1)
        feed = Letters("a@example.org")
        transport.serve(feed)
        await until((tmp_path / "began").exists)
        await transport.drain(0)
        await transport.close()
        return feed.ends["a@example.org"]

    assert asyncio.run(run()).outcome is Outcome.UNKNOWN


def test_urgent_mail_does_not_wait_for_slow_mail(tmp_path: Path) -> None:
    """Law 19: confirmations leave while a campaign's messages hang."""
    place = command(tmp_path, "time.sleep(3600 if sys.argv[-1].startswith('slow') else 0)")

    async def run() -> None:
        transport = open_transport([parse_destination(f"pipe:{place}")], connections=2)
        first, slow, urgent = (
            Letters("a@example.org"),
            Letters("slow1@x", "slow2@x"),
            Letters("u@x"),
        )
        transport.serve(first)
        await transport.idle()
        transport.serve(slow)
        await until(lambda: not slow.waiting)
        transport.serve(urgent, urgent=True)
        await until(lambda: "u@x" in urgent.ends)
        assert not slow.ends
        await transport.drain(0)
        await transport.close()

    asyncio.run(run())
