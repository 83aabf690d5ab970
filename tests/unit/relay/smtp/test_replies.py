"""Replies of a relay: cut apart however they arrive, and never trusted to be replies at all."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailer.domain.campaigns.delivery import Outcome
from mailer.relay.smtp.replies import LONGEST_LINE, MOST_LINES, Reply, ReplyParser

WORDS = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=60)
REPLIES = st.lists(
    st.builds(
        lambda code, lines: Reply(code, tuple(line.encode() for line in lines)),
        st.integers(200, 599),
        st.lists(WORDS, min_size=1, max_size=4),
    ),
    max_size=8,
)


def wire(reply: Reply) -> bytes:
    """Write a reply as a relay sends it."""
    *first, last = reply.lines
    lines = [b"%d-%b\r\n" % (reply.code, line) for line in first]
    return b"".join([*lines, b"%d %b\r\n" % (reply.code, last)])


def parse(pieces: list[bytes]) -> tuple[list[Reply], str]:
    """Feed the pieces to a new parser."""
    parser = ReplyParser()
    return [reply for piece in pieces for reply in parser.feed(piece)], parser.broken


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cut bytes at places, which may be anywhere."""
    marks = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(marks)]


@given(REPLIES, st.lists(st.integers(0, 1000)))
def test_any_chunking_gives_the_replies_that_were_sent(
    replies: list[Reply], cuts: list[int]
) -> None:
    """TCP keeps no borders: a reply that depends on how it was cut up is a lost delivery."""
    assert parse(cut(b"".join(map(wire, replies)), cuts)) == (replies, "")


@given(st.binary(max_size=300), st.lists(st.integers(0, 300)))
@example(b"250-a\r\n251 b\r\n", [3])
@example(b"250 ok\r\n\r\n", [])
def test_garbage_breaks_the_parser_the_same_way_however_it_is_cut(
    data: bytes, cuts: list[int]
) -> None:
    """A relay gone mad must end one connection, not the worker."""
    assert parse(cut(data, cuts)) == parse([data])


@given(REPLIES, st.binary(min_size=1, max_size=20))
def test_replies_before_garbage_still_count(replies: list[Reply], noise: bytes) -> None:
    """A message that was accepted stays accepted, whatever the relay says after it."""
    parsed, _ = parse([b"".join(map(wire, replies)) + b"!" + noise + b"\r\n"])
    assert parsed == replies


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n",
        b"25 0\r\n",
        b"+25 ok\r\n",
        b"\xb2\xb2\xb2 ok\r\n",
        b"199 too low\r\n",
        b"600 too high\r\n",
        b"250_ok\r\n",
        b"250-one\r\n550 two\r\n",
        b"250 " + b"x" * LONGEST_LINE + b"\r\n",
        b"250 " + b"x" * LONGEST_LINE,
        b"250-x\r\n" * (MOST_LINES + 1),
    ],
)
def test_what_is_no_reply_breaks_the_parser(data: bytes) -> None:
    """After nonsense nobody knows which reply belongs to which command; memory stays bounded too."""
    replies, broken = parse([data])
    assert replies == []
    assert broken.startswith("the relay sent ")


@pytest.mark.parametrize(
    "data", [b"250\r\n", b"250 \r\n", b"250 ok\n", b"250\n", b"250-a\n250\r\n"]
)
def test_sloppy_but_clear_replies_are_understood(data: bytes) -> None:
    """RFC 5321 section 4.2 asks clients to go by the code alone."""
    replies, broken = parse([data])
    assert ([reply.code for reply in replies], broken) == ([250], "")


@pytest.mark.parametrize(
    ("data", "outcome", "enhanced", "text"),
    [
        (b"250 2.0.0 Ok: queued as 1\r\n", Outcome.ACCEPTED, "2.0.0", "Ok: queued as 1"),
        (b"250\r\n", Outcome.ACCEPTED, "", ""),
        (
            b"550-5.1.1 No such\r\n550 5.1.1 mailbox\r\n",
            Outcome.REJECTED,
            "5.1.1",
            "No such mailbox",
        ),
        (b"550 \r\n", Outcome.REJECTED, "", "the relay gave no reason"),
        (b"451 5.1.1 Contradiction\r\n", Outcome.DEFERRED, "", "Contradiction"),
        (b"452 4.2.2\r\n", Outcome.DEFERRED, "4.2.2", "the relay gave no reason"),
        (b"554 1.2.3.4 is listed\r\n", Outcome.REJECTED, "", "1.2.3.4 is listed"),
        (b"554 5.7.1 caf\xc3\xa9 \xff\x1b[2J\r\n", Outcome.REJECTED, "5.7.1", "café � [2J"),
    ],
)
def test_a_reply_becomes_an_attempt(
    data: bytes, outcome: Outcome, enhanced: str, text: str
) -> None:
    """The ledger and the bounce policy go by these three, and a terminal shows the last."""
    replies, _ = parse([data])
    attempt = replies[0].attempt()
    assert (attempt.outcome, attempt.enhanced, attempt.text) == (outcome, enhanced, text)
    assert attempt.code == replies[0].code


def test_a_reply_that_asks_for_more_is_no_outcome() -> None:
    """A 354 taken for an end would record a delivery that never was."""
    with pytest.raises(ValueError, match="asks for more"):
        Reply(354, (b"go on",)).attempt()
