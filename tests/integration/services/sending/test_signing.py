"""Signatures by another process are those that the keys make, whatever becomes of that process."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from itertools import cycle
from pathlib import Path
from typing import TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailer.message.outgoing.dkim import Key, load_key
from mailer.services.sending.prewriting import signing
from mailer.services.sending.prewriting.signing import AGAIN_SECONDS, Signing
from support.patience import PATIENCE

FORM = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
KEYS = [
    load_key("example.org", "rsa", rsa.generate_private_key(65537, 2048).private_bytes(*FORM)),
    load_key("example.org", "ed", ed25519.Ed25519PrivateKey.generate().private_bytes(*FORM)),
    load_key("example.org", "long", rsa.generate_private_key(65537, 3072).private_bytes(*FORM)),
]
Result = TypeVar("Result")


def digests(count: int) -> list[bytes]:
    """Return so many digests."""
    return [random.Random(number).randbytes(32) for number in range(count)]


def made(asked: list[bytes], keys: list[Key]) -> list[bytes]:
    """Return the signatures that the keys themselves make."""
    return [key.sign(digest) for key, digest in zip(cycle(keys), asked, strict=False)]


def with_signing(
    use: Callable[[Signing], Awaitable[Result]], clock: Callable[[], float] = time.monotonic
) -> Result:
    """Use a signer in a loop; it is gone afterwards."""

    async def main() -> Result:
        signing = Signing(KEYS, clock)
        try:
            return await use(signing)
        finally:
            signing.close()

    return asyncio.run(main())


def test_they_are_those_of_the_keys_however_many_ask_at_once() -> None:
    """A signature under another's message is worse than none."""
    asked = [digests(len(KEYS) * count) for count in (1, 5, 0, 2, 40, 1)]

    async def use(signing: Signing) -> list[list[bytes]]:
        pid = signing.pid
        answers = await asyncio.gather(*map(signing.sign, asked))
        assert signing.pid == pid is not None
        return answers

    assert with_signing(use) == [made(each, KEYS) for each in asked]


def test_ed25519_alone_needs_no_process() -> None:
    """To ask would take longer than to sign."""
    assert Signing.worth_it(KEYS[1:2]) is None
    assert Signing.worth_it([]) is None


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP])
def test_one_that_fails_is_replaced_and_nothing_waits_for_it(
    blow: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed for its memory, or stuck: the mail goes on, and the operator reads why it is slower."""
    monkeypatch.setattr(signing, "ANSWER_SECONDS", 0.5)
    now = 0.0
    asked = digests(4 * len(KEYS))

    async def use(signing: Signing) -> list[int | None]:
        nonlocal now
        pids = [signing.pid]
        assert signing.pid is not None
        os.kill(signing.pid, blow)
        both = await asyncio.gather(signing.sign(asked), signing.sign(asked[:3]))
        assert tuple(both) == (made(asked, KEYS), made(asked[:3], KEYS))
        pids.append(signing.pid)
        now += AGAIN_SECONDS + 1
        monkeypatch.undo()
        assert await signing.sign(asked) == made(asked, KEYS)
        return [*pids, signing.pid]

    first, none, second = with_signing(use, lambda: now)
    assert first is not None
    assert none is None
    assert second not in {None, first}
    assert capsys.readouterr().out.count("signing.failed") == 1
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


def test_where_none_can_be_started_the_worker_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is short of memory must not stop the mail."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "Popen", fail)
    asked = digests(2 * len(KEYS))
    assert with_signing(lambda signing: signing.sign(asked)) == made(asked, KEYS)


def test_it_ends_with_whoever_started_it_and_heeds_no_signal_before() -> None:
    """Nothing that holds a key may stay behind, and a stop of all must not take it away first."""
    program = (
        "import asyncio, sys, time\n"
        "from pathlib import Path\n"
        "from mailer.message.outgoing.dkim import load_key\n"
        "from mailer.services.sending.prewriting.signing import Signing\n"
        "key = load_key('example.org', 'rsa', Path(sys.argv[1]).read_bytes())\n"
        "async def main():\n"
        "    signing = Signing([key])\n"
        "    await signing.sign([bytes(32)])\n"
        "    print(signing.pid, flush=True)\n"
        "    time.sleep(1000)\n"
        "asyncio.run(main())\n"
    )
    read, write = os.pipe()
    os.write(write, KEYS[0].pem)
    os.close(write)
    command = [sys.executable, "-c", program, f"/dev/fd/{read}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, pass_fds=[read], text=True) as parent:
        os.close(read)
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(pid, number)
        told = [Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
        assert b"mailer.services.sending.prewriting.signer" in told[0]
        assert not any(b"PRIVATE KEY" in each for each in told)
        parent.kill()
    deadline = time.monotonic() + PATIENCE
    while _lives(pid):
        assert time.monotonic() < deadline, "the signer stays behind"
        time.sleep(0.01)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
