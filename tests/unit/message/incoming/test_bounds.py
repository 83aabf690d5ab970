"""Reading any mail takes bounded time and memory (case 72): every reader of mail."""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.content.language.command_words import vocabularies
from mailer.domain.access.token import Signer
from mailer.message.incoming import facts as letter
from mailer.message.incoming import mime, traces
from mailer.message.incoming.retired import is_retired
from mailer.message.incoming.understand import decide
from mailer.message.outgoing.verp import ReturnPath
from support.places import CORPUS
from support.samples.hostile_mail import HOSTILE as LONG

SIGNER = Signer(bytes(range(32)))
PATH = ReturnPath("bulletin", "lists.example.org", SIGNER)
WORDS = vocabularies()
SERVER = "mx.example.org"
SAMPLES = [file.read_bytes() for file in sorted(CORPUS.glob("*/*.eml"))]
LARGE = 4 * 2**20
HEAD = b"From: ana@example.org\n"
HOSTILE = LONG | {
    "comments within comments": b"From: " + b"(" * LARGE + b"\n\nx",
    "results within results": HEAD
    + b"Authentication-Results: mx.example.org; "
    + b"dkim=pass (" * (LARGE // 11)
    + b"\n\nx",
    "many results": HEAD
    + b"Authentication-Results: mx.example.org; dkim=pass header.d=x\n" * (LARGE // 61)
    + b"\nx",
    "many authors": b"From: a@example.org\n" * (LARGE // 20) + b"\nx",
    "quoted lines": HEAD + b"\n" + b"> a\n" * (LARGE // 4),
    "encoded words": b"Subject: " + b"=?utf-8?q?=41?= " * (LARGE // 16) + b"\n\nx",
}
READERS: dict[str, Callable[[bytes], object]] = {
    "understand": lambda data: decide(data, WORDS),
    "letter": lambda data: letter.read(data, SERVER),
    "traces": lambda data: traces.find(data, [], PATH, SIGNER),
    "retired": is_retired,
}
SECONDS = 1
TIMES, SPARE = 3, 16 * 2**20
"""Most memory: so many times the mail's own size, and so many octets besides."""


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_mail_takes_bounded_time_and_memory(
    data: bytes, reader: Callable[[bytes], object]
) -> None:
    """One mail must neither keep the others waiting nor end the worker that reads it."""
    begun = time.process_time()
    reader(data)
    assert time.process_time() - begun < SECONDS
    mime.read(b"")  # so that it is taken apart once more
    tracemalloc.start()
    try:
        reader(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < TIMES * len(data) + SPARE


@given(st.sampled_from(SAMPLES), st.sampled_from(SAMPLES), st.randoms(use_true_random=False))
def test_joined_and_damaged_samples_are_read(
    sample: bytes, other: bytes, chance: random.Random
) -> None:
    """Mail is cut, joined and recoded on its way; whatever comes of it must be read."""
    data = bytearray(sample[: chance.randrange(len(sample) + 1)] + other)
    for _ in range(chance.randrange(6)):
        at = chance.randrange(len(data) + 1)
        data[at : at + chance.randrange(30)] = chance.randbytes(chance.randrange(12))
    for reader in READERS.values():
        reader(bytes(data))
