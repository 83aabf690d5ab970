"""Golden mail: each sample in tests/corpus/inbound, and the whole decision about it.

The samples are our own writing, in the forms that mail systems are known to use.
"""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.cli.inbound.commands import record
from mailer.content.language.command_words import vocabularies
from mailer.domain.inbound.kinds import Kind, Understanding
from mailer.message.incoming.understand import decide, understand
from support.places import CORPUS
from support.samples.hostile_mail import HOSTILE

INBOUND = CORPUS / "inbound"
EXPECTED: list[dict[str, Any]] = [
    json.loads(line) for line in (INBOUND / "expected.jsonl").read_text("utf-8").splitlines()
]
SAMPLES = [(INBOUND / one["file"]).read_bytes() for one in EXPECTED]
WORDS = vocabularies()


def decision(data: bytes) -> Understanding:
    """Decide about a message with the words of every language; an error of ours flies."""
    return decide(data, WORDS)


@pytest.mark.parametrize("expected", EXPECTED, ids=[one["file"] for one in EXPECTED])
def test_a_sample_is_understood_as_a_careful_person_would(expected: dict[str, Any]) -> None:
    """The decision is compared whole: a right recipient with a wrong severity does harm."""
    found = decision((INBOUND / expected["file"]).read_bytes())
    assert json.loads(json.dumps(record(expected["file"], found))) == expected


def test_every_sample_has_an_expectation() -> None:
    """A sample that nobody compares rots."""
    assert {path.name for path in INBOUND.glob("*.eml")} == {one["file"] for one in EXPECTED}


class Broken:
    """Stands for a defect of ours: whatever is asked of it fails."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(name)


def test_a_defect_of_ours_leaves_a_message_unknown_and_the_next_one_understood() -> None:
    """A message that we cannot read is kept and shown; it must not stop those after it."""
    broken: Any = Broken()
    letter = (INBOUND / "person-reply.eml").read_bytes()
    assert understand(letter, broken) == Understanding(Kind.UNKNOWN)
    assert understand(letter, WORDS).kind is Kind.PERSON


def test_our_own_addresses_are_never_the_failed_ones() -> None:
    """A list that suppresses its own address or a postmaster's has lost its way."""
    failed = {bounce["recipient"].lower() for one in EXPECTED for bounce in one["bounces"]}
    assert not [
        one
        for one in failed
        if one.endswith("@lists.example.org")
        or one.startswith(("postmaster@", "mailer-daemon@", "helpdesk@"))
    ]


@given(st.binary(max_size=4000))
def test_any_bytes_get_a_decision(data: bytes) -> None:
    """The listener lives whatever arrives (case 72)."""
    assert decision(data).kind in Kind


@settings(max_examples=300)
@given(st.sampled_from(SAMPLES), st.randoms(use_true_random=False))
def test_a_damaged_sample_gets_a_decision(sample: bytes, chance: random.Random) -> None:
    """Mail is cut, doubled and garbled on its way; that must not raise."""
    data = bytearray(sample)
    for _ in range(chance.randrange(1, 20)):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(3):
            case 0:
                del data[place : place + chance.randrange(60)]
            case 1:
                data[place:place] = chance.randbytes(chance.randrange(12))
            case _:
                start = chance.randrange(len(data) + 1)
                data[place:place] = data[start : start + chance.randrange(200)]
    found = decision(bytes(data))
    assert bool(found.bounces) <= (found.kind is Kind.BOUNCE)
    assert (found.complaint is not None) == (found.kind is Kind.COMPLAINT)
    assert bool(found.command) == (found.kind is Kind.COMMAND)


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_mail_takes_bounded_time(data: bytes) -> None:
    """One message must not keep the others waiting; the bound leaves room for a slow machine."""
    begun = time.process_time()
    decision(data)
    assert time.process_time() - begun < 5


def test_a_thousand_messages_take_a_few_seconds() -> None:
    """A returning campaign's bounces come all at once."""
    begun = time.process_time()
    for number in range(1000):
        decision(SAMPLES[number % len(SAMPLES)])
    assert time.process_time() - begun < 20
