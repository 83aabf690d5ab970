"""Messages that wait for their signatures: in order, no more than are of use, and none lost."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import cycle

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import settings as trial
from hypothesis import strategies as st

from mailer.content.rendering.rendered import Rendered
from mailer.domain.access.token import Signer
from mailer.message.outgoing.composing import Recipient, compile_message
from mailer.message.outgoing.dkim import load_key
from mailer.message.outgoing.headers import Identity, Mailing
from mailer.message.outgoing.slots import UnsendableError
from mailer.relay.envelope import Envelope
from mailer.services.sending.composing import Unsigned, enveloped
from mailer.services.sending.prewriting.signed import BATCH, UNDER_WAY, SignedPrewriting
from mailer.services.sending.prewriting.signing import Signing
from mailer.services.sending.prewriting.written import AHEAD
from mailer.store.campaigns.chunks import Claimed

NOW = datetime(2023, 4, 12, 7, 0, tzinfo=UTC)
SENDER = "b@lists.example.org"
KEYS = [
    load_key(
        "lists.example.org",
        selector,
        ed25519.Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ),
    )
    for selector in ("one", "two")
]
TEMPLATE = compile_message(
    Rendered(
        language="en",
        direction="ltr",
        subject="News",
        preheader="",
        html="<p>Hello</p>",
        text="Hello",
        images=(),
        warnings=(),
    ),
    Identity(
        sender_name="Secretariat",
        sender_address=SENDER,
        list_name="bulletin",
        list_domain="lists.example.org",
    ),
    Mailing(campaign=1, topic="bulletin"),
    Signer(bytes(32)),
    KEYS,
)
DEFECT = 13
"""The number of a delivery for which no message can be made."""


def claimed(number: int) -> Claimed:
    """Return a delivery."""
    return Claimed(number, f"r{number}@example.org", "")


def recipient(number: int) -> Recipient:
    """Return whom it is for."""
    return Recipient(number, f"r{number}@example.org")


def draft(delivery: Claimed) -> Unsigned:
    """Return a message but for its signatures."""
    if delivery.number == DEFECT:
        raise UnsendableError("address", "is not one", "remove it")
    return Unsigned(TEMPLATE.draft(recipient(delivery.number), NOW), delivery.number, SENDER)


class Slowly(Signing):
    """Signs in this process, each time after a while."""

    def __init__(self, waits: Sequence[int]) -> None:
        """Keep the waits, in rounds of the loop, one time after the other; none: for ever."""
        self._waits = cycle(waits)

    async def sign(self, digests: Sequence[bytes]) -> list[bytes]:
        """Return the signatures."""
        rounds = next(self._waits, None)
        if rounds is None:
            await asyncio.Event().wait()
        for _ in range(rounds or 0):
            await asyncio.sleep(0)
        return [KEYS[at % len(KEYS)].sign(digest) for at, digest in enumerate(digests)]


class Broken(Signing):
    """Has a defect."""

    def __init__(self) -> None:
        """Start nothing."""

    async def sign(self, digests: Sequence[bytes]) -> list[bytes]:
        """Fail."""
        raise RuntimeError(f"a defect at {len(digests)}")


@trial(max_examples=60)
@given(
    st.integers(0, 4 * BATCH),
    st.integers(0, 4 * BATCH),
    st.lists(st.integers(0, 3), min_size=1, max_size=4 * UNDER_WAY),
)
def test_each_message_is_handed_out_whole_or_given_back_once(
    total: int, wanted: int, waits: list[int]
) -> None:
    """Closing must work at any moment of signing: a law of any queue, and here of readers' mail."""

    async def main() -> list[int]:
        queue, more = deque(map(claimed, range(total))), asyncio.Event()
        prewriting = SignedPrewriting(queue, draft, Slowly(waits), more.set)
        prewriting.urge()
        seen: list[int] = []
        while len(seen) < min(wanted, total):
            found = prewriting.next()
            if found is None:
                await more.wait()
                more.clear()
                continue
            number, result = found.delivery.number, found.result
            if number == DEFECT:
                assert isinstance(result, UnsendableError)
            else:
                whole = enveloped(TEMPLATE.fill(recipient(number), NOW), number, SENDER)
                assert isinstance(result, Envelope)
                assert asdict(result) == asdict(whole)
            seen.append(number)
        seen += [delivery.number for delivery in await prewriting.close()]
        return sorted([*seen, *(delivery.number for delivery in queue)])

    assert asyncio.run(main()) == list(range(total))


def test_no_more_is_written_ahead_than_is_of_use() -> None:
    """Written messages are claimed: a pause should find few of them."""

    async def main() -> tuple[int, int]:
        queue = deque(map(claimed, range(100, 100 + 3 * AHEAD)))
        prewriting = SignedPrewriting(queue, draft, Slowly([1]), lambda: None)
        prewriting.urge()
        while prewriting._tasks:
            await asyncio.gather(*prewriting._tasks)
        most = 3 * AHEAD - len(queue)
        return most, len(await prewriting.close())

    assert asyncio.run(main()) == (AHEAD, AHEAD)


def test_the_signer_is_asked_for_a_few_batches_at_once() -> None:
    """It must never be idle for want of work, nor hold up a stop with much of it."""

    async def main() -> tuple[int, int]:
        queue = deque(map(claimed, range(3 * AHEAD)))
        prewriting = SignedPrewriting(queue, draft, Slowly([]), lambda: None)
        prewriting.urge()
        asked, held = len(prewriting._tasks), len(prewriting)
        for task in prewriting._tasks:
            task.cancel()
        return asked, held

    assert asyncio.run(main()) == (UNDER_WAY, UNDER_WAY * BATCH)


def test_a_defect_in_signing_is_told_with_each_message() -> None:
    """It must come out where the message is wanted, and not leave the others waiting for ever."""

    async def main() -> list[str]:
        queue, more = deque(map(claimed, range(3))), asyncio.Event()
        prewriting = SignedPrewriting(queue, draft, Broken(), more.set)
        prewriting.urge()
        assert prewriting.next() is None
        await more.wait()
        said = [str(found.result) for found in iter(prewriting.next, None)]
        assert await prewriting.close() == []
        return said

    assert asyncio.run(main()) == [f"a defect at {3 * len(KEYS)}"] * 3
