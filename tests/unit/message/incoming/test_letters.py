"""Short mails as people write them: which are commands, which are assent, and which are letters."""

from __future__ import annotations

import time
import tomllib
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.content.language.command_words import vocabularies
from mailer.domain.inbound.kinds import Kind
from mailer.domain.subscribers.assent import Meaning, answer_of
from mailer.domain.subscribers.command import Verb, of_text
from mailer.domain.subscribers.letters import assent, courtesies, letters, plain_assent
from mailer.domain.subscribers.substance import Writing, substance
from mailer.message.incoming.facts import read
from mailer.message.incoming.understand import decide
from mailer.message.incoming.written import written_by_author
from support.places import CORPUS

LETTERS = CORPUS / "letters"
TO = "bulletin@lists.example.org"
OURS = "Re: Confirm your subscription to The Bulletin: 5-0123456789abcdef"
EVERY = vocabularies()
TO_CONFIRM = assent().to(Verb.CONFIRM, EVERY)
TO_LEAVE = plain_assent().to(Verb.LEAVE, EVERY)
QUOTATION = (
    "\n\nOn Mon, 30 Nov 2026, The Bulletin <bulletin@lists.example.org> wrote:\n> Please confirm"
)


def samples(name: str) -> list[dict[str, Any]]:
    """Read the entries of one table."""
    table: dict[str, list[dict[str, Any]]] = tomllib.loads((LETTERS / name).read_text("utf-8"))
    return next(iter(table.values()))


WISHES = samples("wishes.toml")
REPLIES = samples("replies.toml")


def named(sample: dict[str, Any]) -> str:
    """Name a sample by what it says."""
    said = sample.get("text", sample.get("html", sample.get("attached", "")))
    return f"{sample.get('subject', '')}|{said[:60]}"


def mail(sample: dict[str, Any]) -> bytes:
    """Write a sample as mail."""
    message = EmailMessage()
    message["From"] = "Ana Reader <ana@example.org>"
    message["To"] = TO
    message["Message-ID"] = "<1@example.org>"
    message["Subject"] = sample.get("subject", "")
    if "html" in sample:
        message.set_content(sample["html"], subtype="html")
    else:
        message.set_content(sample.get("text", "") + "\n")
    kind = sample.get("attached", "")
    if kind == "message/rfc822":
        inner = EmailMessage()
        inner["From"] = "bob@example.net"
        inner["Subject"] = "unsubscribe"
        inner.set_content("Please take me off the list.")
        message.add_attachment(inner)
    elif kind:
        first, _, second = kind.partition("/")
        message.add_attachment(b"%PDF-1.7", maintype=first, subtype=second, filename="a.pdf")
    return message.as_bytes()


@pytest.mark.parametrize("sample", WISHES, ids=map(named, WISHES))
def test_a_plain_wish_is_understood_and_a_letter_is_passed_on(sample: dict[str, Any]) -> None:
    """To act on a letter is worse than to pass a wish on; but plain wishes are many."""
    words = vocabularies(sample.get("languages", ["en", "fr", "es"]))
    found = decide(mail(sample), words, [TO])
    assert found.kind in {Kind.COMMAND, Kind.PERSON}
    assert (found.command or "letter") == sample["is"]


@pytest.mark.parametrize("sample", REPLIES, ids=map(named, REPLIES))
def test_a_reply_agrees_only_if_it_says_so(sample: dict[str, Any]) -> None:
    """Law 17: nobody is subscribed by a question, a complaint or a refusal."""
    content = {"subject": OURS} | sample | {"text": sample.get("text", "") + QUOTATION}
    to = ["bulletin-confirm+5-0123456789abcdef@lists.example.org"]
    found = answer_of(read(mail(content), recipients=to).writing, Verb.CONFIRM, EVERY, TO_CONFIRM)
    expected = {"yes": Meaning.YES, "no": Meaning.NO, "person": Meaning.UNTOLD}
    assert found is expected[sample["is"]]


EXAMPLES = [
    (language, key, text)
    for language, table in letters().items()
    for key in ("agreed", "refused")
    for text in table[key]
]


@pytest.mark.parametrize(("language", "key", "text"), EXAMPLES)
def test_every_language_s_examples_are_what_they_say(language: str, key: str, text: str) -> None:
    """A translator who adds a language shows by examples that its words are understood."""
    assert language in letters()
    said = Writing(OURS, tuple(text.split("\n")), names=frozenset({"ana"}))
    found = answer_of(said, Verb.CONFIRM, EVERY, TO_CONFIRM)
    assert found is (Meaning.YES if key == "agreed" else Meaning.NO)


def test_some_forty_languages_are_known() -> None:
    """A reader who cannot agree in words of their own has no other way than the web."""
    assert len(letters()) >= 30
    assert all(set(table) == set(letters()["en"]) for table in letters().values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", Meaning.YES),
        ("yes", Meaning.YES),
        ("Oui, merci", Meaning.YES),
        ("unsubscribe", Meaning.YES),
        ("Please remove me", Meaning.YES),
        ("No", Meaning.NO),
        ("Nein danke", Meaning.NO),
        ("Subscribe", Meaning.UNTOLD),
        ("I want to receive it", Meaning.UNTOLD),
        ("I want to stay", Meaning.UNTOLD),
        ("do not remove me", Meaning.UNTOLD),
        ("Yes, but who asked?", Meaning.UNTOLD),
        ("keep me", Meaning.UNTOLD),
    ],
)
def test_whether_to_leave_is_another_question(text: str, said: Meaning) -> None:
    """`Subscribe` agrees to the one and not to the other."""
    writing = Writing("Re: Leave The Bulletin: 2-1-1-0123456789abcdef", (text,) if text else ())
    assert answer_of(writing, Verb.LEAVE, EVERY, TO_LEAVE) is said


@given(st.text(max_size=200), st.lists(st.text(max_size=200), max_size=5))
def test_any_text_is_an_answer_of_some_kind(subject: str, lines: list[str]) -> None:
    """Strangers write anything; nothing of it may raise, and nothing is left undecided."""
    writing = Writing(subject, tuple(lines), author="ana@example.org")
    for question, known in ((Verb.CONFIRM, TO_CONFIRM), (Verb.LEAVE, TO_LEAVE)):
        answer = answer_of(writing, question, EVERY, known)
        assert answer in {Meaning.YES, Meaning.NO, Meaning.UNTOLD}


@given(st.lists(st.sampled_from(["yes", "no", "who?", "not", "ok", "please", "ana"]), max_size=4))
def test_no_assent_holds_a_refusal(words: list[str]) -> None:
    """A reply that says no never subscribes, whatever else it says."""
    found = answer_of(Writing(OURS, (" ".join(words),)), Verb.CONFIRM, EVERY, TO_CONFIRM)
    if {"no", "who?", "not", "ana"}.intersection(words):
        assert found is not Meaning.YES


PIECES = ["> ", "On 1 May Ana wrote:", "wrote:", "From: a@example.org", "Sent: x", "-- ", "", "yes",
          "> Le 1 mai Ana a écrit :", "----- Original Message -----", "-----BEGIN PGP SIGNED MESSAGE-----",
          "CAUTION: external email.", "Begin forwarded message:", "____________", "a" * 500, "\u200b"]  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_any_order_of_lines_is_read_to_its_end(lines: list[str]) -> None:
    """Lines that look like the beginning of a quotation must not be looked at for ever."""
    found = written_by_author("\n".join(lines))
    assert len(found.lines) <= len(lines)
    assert not any(line.startswith(">") for line in found.lines)


CRAMMED = {
    "signs": "!" * 200_000,
    "blank lines below a warning": "CAUTION: external email.\n" + "\n \t" * 50_000 + "x",
    "rules": "CAUTION: external email.\n" + "---\n" * 50_000 + "x",
    "labels": "caution! " * 20_000,
    "warnings": "This email came from outside. " * 5_000,
    "greetings": "hello, " * 30_000,
    "greeting lines": "hello\n" * 30_000,
    "courtesy": "thanks\n" * 30_000,
    "wishes": "unsubscribe\n" * 30_000,
    "one wish": "please " * 30_000 + "unsubscribe",
    "addresses": "unsubscribe " + "a@b.c " * 30_000,
    "attributions": "On 1 May Ana wrote:\n" * 10_000,
    "comments": "<!--" * 50_000,
    "tags": "<o:" * 50_000,
    "marks": "",
}


@pytest.mark.parametrize("text", CRAMMED.values(), ids=CRAMMED)
def test_crammed_letters_take_little_time(text: str) -> None:
    """Law 15: what a stranger writes costs little, whatever its letters are."""
    sample = {"subject": "Re: [EXT] " * 90, "html" if text.startswith("<") else "text": text}
    content = mail(sample)
    begun = time.process_time()
    decide(content, EVERY, [TO])
    answer_of(read(content).writing, Verb.CONFIRM, EVERY, TO_CONFIRM)
    assert time.process_time() - begun < 2


@given(st.text(alphabet="aeinst. ,\n", max_size=80))
def test_words_added_to_a_wish_make_it_a_letter(text: str) -> None:
    """A command acts alone or not at all, whatever the words beside it are."""
    lines = tuple(line for line in text.split("\n") if line.strip())
    left = substance(Writing(lines=lines), courtesies())
    said = of_text(Writing(lines=("unsubscribe", "I am told that this is wrong", *left)), EVERY)
    assert said is None
