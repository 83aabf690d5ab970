"""Replies of servers that a report repeats in part, and gives in whole elsewhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailer.message.bounces.replies import continued, is_cut, whole

DIALOGUE = """   ----- Transcript of session follows -----
>>> RCPT To:<ann@example.com>
<<< 550-5.7.1 Unable to deliver:
<<< 550 5.7.1 the mailbox is closed
>>> RCPT To:<bob@example.com>
<<< 550 5.7.1 Unable to deliver: 192.0.2.14 is on our list
"""


def test_a_reply_of_several_lines_is_read_in_whole() -> None:
    """The first line alone is what any refusal says."""
    assert (
        whole("550 5.7.1 Unable to deliver", DIALOGUE, "ann@example.com")
        == "550 5.7.1 Unable to deliver: the mailbox is closed"
    )


def test_each_recipient_gets_the_reply_about_it() -> None:
    """The owner of each reply decides who is given up; an IP address is no status code."""
    assert (
        whole("(reason: 550 5.7.1 Unable to deliver)", DIALOGUE, "Bob@Example.com")
        == "(reason: 550 5.7.1 Unable to deliver: 192.0.2.14 is on our list)"
    )


def test_a_reply_with_another_code_is_not_the_same() -> None:
    """Two refusals may begin alike."""
    assert whole("450 5.7.1 Unable to deliver", DIALOGUE) == "450 5.7.1 Unable to deliver"


def test_what_is_too_short_to_be_known_again_stays() -> None:
    """`550 No` begins every second reply."""
    assert whole("550 Un", DIALOGUE) == "550 Un"


def test_pipelined_recipients_are_answered_in_their_order() -> None:
    """With PIPELINING the commands stand together, and then the answers (RFC 2920)."""
    text = (
        ">>> RCPT To:<ann@example.com>\n<<< 550 refused here: closed\n"
        ">>> DATA\n<<< 550 refused here: listed, and more words about it\n"
    )
    assert whole("550 refused here", text, "ann@example.com").endswith("more words about it")
    assert whole("550 refused here", text, "bob@example.com").endswith("more words about it")


def test_a_field_that_is_cut_goes_on_as_the_words_above_it() -> None:
    """Status fields are cut at some length."""
    above = "<ann@example.com>: host mx said: 554 the domain ... was given up (in reply to DATA)"
    assert continued("554 the domain ...", above) == "554 the domain ... was given up"
    assert is_cut("554 the domain ...")


def test_a_field_that_is_whole_stays_as_it_is() -> None:
    """The reporter's own text may follow such a field."""
    above = "mx said: 550 5.1.1 user unknown (in reply to RCPT TO command)"
    assert continued("550 5.1.1 user unknown", above) == "550 5.1.1 user unknown"
    assert not is_cut("550 5.1.1 user unknown.")


@given(st.text(max_size=300), st.text(max_size=800), st.text(max_size=40))
def test_any_text_is_borne(said: str, text: str, address: str) -> None:
    """It reads what anybody sends."""
    assert isinstance(whole(f"550 {said}", text, address), str)
    assert isinstance(continued(said, text), str)
