"""Header fields: complete for bulk mail, readable in any language, and closed to injection."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailer.domain.access.token import BRIEF, Purpose, Signer
from mailer.domain.subscribers import bearer
from mailer.domain.subscribers.bearer import Bearer, Leave
from mailer.message.outgoing import headers
from mailer.message.outgoing.headers import Addressee, Identity, Mailing, addressee
from mailer.message.outgoing.slots import UnsendableError

SIGNER = Signer(b"a secret of thirty-two octets ...")
MAILING = Mailing(campaign=42, mailing=2**63 + 42, topic="bulletin")
ANA = Bearer(7, SIGNER.mark("ana@example.org")[:BRIEF])
GRANTED = MAILING.tokens(SIGNER).of(7, "ana@example.org")
PRINTABLE = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=300)


def identity(**changes: Any) -> Identity:
    """Make an identity with everything that is needed, and what a test changes."""
    values = {
        "sender_name": "MSME Group Secretariat",
        "sender_address": "bulletin@example.org",
        "list_name": "bulletin",
        "list_domain": "lists.example.org",
        "public_url": "https://bulletin.example.org",
    }
    return Identity(**values | changes)


def shared(who: Identity | None = None, mailing: Mailing = MAILING, **changes: str) -> EmailMessage:
    """Read the shared header fields back as a mail program would."""
    values = {"language": "en", "subject": "Spring 2023"} | changes
    written = headers.shared(who or identity(), mailing, **values)
    return _read(written)


def _read(written: bytes) -> EmailMessage:
    message = message_from_bytes(written + b"\r\n", policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def test_a_mailing_says_all_that_receivers_ask_of_bulk_mail() -> None:
    """Headers that large receivers want (RFC 2369, 2919, 8058) decide between inbox and spam."""
    message = shared(identity(reply_to="secretariat@example.org", list_title="MSME bulletin"))
    assert dict(message.items()) == {
        "From": "MSME Group Secretariat <bulletin@example.org>",
        "Reply-To": "secretariat@example.org",
        "Subject": "Spring 2023",
        "MIME-Version": "1.0",
        "Content-Language": "en",
        "List-Id": "MSME bulletin <bulletin.lists.example.org>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Help": "<mailto:bulletin-help@lists.example.org?subject=help>",
        "List-Subscribe": "<mailto:bulletin-subscribe@lists.example.org?subject=subscribe>",
        "List-Owner": "<mailto:bulletin-owner@lists.example.org>",
        "CFBL-Address": "bulletin-complaints@lists.example.org; report=arf",
        "List-Post": "NO",
        "Feedback-ID": "42:bulletin:en:bulletin",
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }


@pytest.mark.parametrize("public_url", ["", "http://localhost:8080"])
def test_one_click_is_offered_over_https_only(public_url: str) -> None:
    """RFC 8058 section 3.1 demands it, and receivers distrust the field without."""
    assert "List-Unsubscribe-Post" not in shared(identity(public_url=public_url))


def test_mail_that_no_person_sent_off_says_so() -> None:
    """Law 8: a reminder must not be answered by an auto-responder (RFC 3834 section 5)."""
    assert shared(mailing=Mailing(campaign=1, topic="m", automatic=True))["Auto-Submitted"] == (
        "auto-generated"
    )
    assert "Auto-Submitted" not in shared()


@given(PRINTABLE)
@example("=?utf-8?q?trick?=")
@example("word " * 60)
@example("x" * 300)
@example("Réunion du 26 avril : 14 h — " * 9)
@example("🦉" * 100)
@example("  two  spaces ")
def test_a_subject_in_any_language_is_read_back_and_its_lines_are_short(subject: str) -> None:
    """RFC 5322 section 2.1.1: 78 characters a line; RFC 2047: no character torn apart."""
    if not subject.strip():
        return
    written = headers.unstructured("Subject", subject)
    assert str(make_header(decode_header(written.replace("\r\n", "")))) == subject
    assert all(len(line) <= 76 for line in f"Subject: {written}".split("\r\n"))
    assert written.isascii()


@given(PRINTABLE)
@example('Group "MSME", Geneva')
@example("back\\slash")
@example("Groupe informel: PME")
@example("x" * 300)
@example("Secrétariat du Groupe de travail informel sur les micro, petites et moyennes entreprises")
def test_a_sender_name_in_any_language_is_read_back_beside_its_address(name: str) -> None:
    """A comma or a colon in a name must not make two senders of one."""
    written = headers.mailbox("From", name, "bulletin@example.org")
    read, address = parseaddr(written.replace("\r\n", ""))
    assert address == "bulletin@example.org"
    assert str(make_header(decode_header(read))) == name
    assert all(len(line) <= 76 for line in f"From: {written}".split("\r\n"))


@given(st.text(), st.text(), st.text(), st.text())
@example("en", "Hello\r\nBcc: eve@example.net", "MSME", "bulletin")
@example("en", "Hello", "MSME\nBcc: eve@example.net", "bulletin")
@example("en", "Hello", "MSME", "bulletin\r\n\r\nA body")
@example("en\r\nBcc: eve@example.net", "Hello", "MSME", "bulletin")
def test_no_value_can_add_a_field_of_its_own(
    language: str, subject: str, name: str, topic: str
) -> None:
    """Header injection is how a form becomes somebody else's mailing."""
    try:
        who = identity(sender_name=name, list_title=name)
        message = shared(who, Mailing(campaign=1, topic=topic), language=language, subject=subject)
    except UnsendableError:
        return
    expected = shared(identity(list_title="MSME"))
    assert message.keys() == expected.keys()


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("sender_name", "MSME\r\nBcc: eve@example.net"),
        ("list_title", "MSME\0"),
        ("sender_address", "secrétariat@example.org"),
        ("sender_address", "a@example.org, b@example.org"),
        ("reply_to", "nobody"),
        ("list_name", "bulletin list"),
        ("list_domain", "lists.example.org>"),
        ("public_url", "https://example.org/> "),
        ("public_url", "ftp://example.org"),
        ("archive_url", "javascript:alert(1)"),
    ],
)
def test_an_identity_that_would_break_a_header_is_refused_by_name(change: str, value: str) -> None:
    """The error must come at the start, and say which setting to mend."""
    with pytest.raises(UnsendableError, match=f"^{change}|^address"):
        identity(**{change: value})


@pytest.mark.parametrize("subject", ["", "  ", "a\nb", "\ud800"])
def test_a_subject_that_cannot_be_sent_is_refused(subject: str) -> None:
    """An empty subject looks like spam; a line break in one is an attack or an accident."""
    with pytest.raises(UnsendableError, match=r"^Subject: "):
        shared(subject=subject)


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("Ana+News@Example.org", Addressee("Ana+News@Example.org", smtputf8=False)),
        ("ana@bücher.example.org", Addressee("ana@xn--bcher-kva.example.org", smtputf8=False)),
        ("ana@BÜCHER.example.org", Addressee("ana@xn--bcher-kva.example.org", smtputf8=False)),
        ("josé@example.org", Addressee("josé@example.org", smtputf8=True)),
        ("用户@例子.example.org", Addressee("用户@例子.example.org", smtputf8=True)),
        ("a..b.@example.org", Addressee("a..b.@example.org", smtputf8=False)),
    ],
)
def test_an_address_takes_the_form_that_most_relays_can_carry(
    address: str, form: Addressee
) -> None:
    """SMTPUTF8 is rare: it is asked for only where the local part leaves no other way."""
    assert addressee(address) == form


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "ana@",
        "@example.org",
        "ana@example.org,eve@example.net",
        "ana@example.org\r\nBcc: eve@example.net",
        "ana@example.org\r",
        "ana@example.org\n",
        "ana @example.org",
        '"a b"@example.org',
        "ana@[127.0.0.1]",
        "<ana@example.org>",
        "ana@example.org (Ana)",
        "josé\x85@example.org",
        "josé\u2028@example.org",
        "josé\ud800@example.org",
        "ana@é..example.org",
        "ana@-é.example.org",
        "é" * 33 + "@example.org",
        "é@" + "a" * 252,
    ],
)
def test_an_address_that_is_not_one_plain_address_is_refused(address: str) -> None:
    """One line of an import must not become two recipients, or a header."""
    with pytest.raises(UnsendableError, match="address"):
        addressee(address)


@given(st.text() | st.from_regex(r"[\w.+-]{1,70}@[\w.-]{1,300}", fullmatch=True))
@example("é" * 32 + "@" + ".".join(["ß" * 20] * 4))
def test_what_passes_as_an_address_stands_alone_in_its_field(address: str) -> None:
    """Any address from an import gets a To of one address, on one line that is not long."""
    try:
        to = addressee(address)
    except UnsendableError:
        return
    links = headers.links(identity(), GRANTED)
    written = headers.own(to, "Wed, 12 Apr 2023 07:00:00 +0000", "1@lists.example.org", "f", links)
    assert written.isascii() == (not to.smtputf8)
    lines = written.decode().split("\r\n")
    assert lines[1] == f"To: {to.address}"
    assert [line.partition(":")[0] for line in lines] == [
        *("Date", "To", "Message-ID", "CFBL-Feedback-ID", "List-Unsubscribe"),
        *(" <mailto", ""),
    ]
    assert max(len(line.encode()) for line in lines) <= 998
    assert not any(c.isspace() or c in ',;<>()[]"' for c in to.address)
    assert to.address.count("@") == 1


def test_leaving_is_offered_by_one_click_and_by_mail() -> None:
    """RFC 8058 for those who press a button, RFC 2369 for those who have only mail."""
    links = headers.links(identity(), GRANTED)
    message = _read(
        headers.own(addressee("ana@example.org"), "", "1@lists.example.org", "f", links)
    )
    token = links.leave_url.removeprefix("https://bulletin.example.org/leave/")
    assert bearer.leave(SIGNER.verify(Purpose.LEAVE, token) or ()) == Leave(ANA, 42, 42)
    assert message["List-Unsubscribe"] == (
        f"<{links.leave_url}>, <mailto:bulletin-leave+{token}@lists.example.org?subject=leave>"
    )
    preferences = links.preferences_url.removeprefix("https://bulletin.example.org/preferences/")
    who = bearer.preferences(SIGNER.verify(Purpose.PREFERENCES, preferences) or ())
    assert who == Bearer(7, SIGNER.mark("ana@example.org"))


def test_without_a_web_everything_is_done_by_mail() -> None:
    """Some institutions have no public web server; no link may lead nowhere."""
    links = headers.links(identity(public_url=""), GRANTED)
    message = _read(
        headers.own(addressee("ana@example.org"), "", "1@lists.example.org", "f", links)
    )
    assert links.leave_url == f"mailto:{links.leave_address}?subject=leave"
    assert message["List-Unsubscribe"] == f"<{links.leave_url}>"
    assert links.preferences_url == "mailto:bulletin-help@lists.example.org?subject=help"


def test_a_message_id_is_the_same_each_time_and_traces_back_to_its_delivery() -> None:
    """Law 3: what is sent twice after a crash must be recognised as one by the reader's server."""
    first, again = (MAILING.tokens(SIGNER).of(7, "ana@example.org") for _ in range(2))
    assert first == again
    assert SIGNER.verify(Purpose.MESSAGE, first.message) == (MAILING.mailing, 7)
    assert SIGNER.verify(Purpose.FEEDBACK, first.feedback) == (MAILING.mailing, 7)


def test_a_campaign_that_was_going_out_before_identities_keeps_its_message_ids() -> None:
    """Law 3 holds over an upgrade, too: what is sent again is recognised as the same."""
    old = Mailing(campaign=42, topic="t").tokens(SIGNER).of(7, "ana@example.org")
    assert SIGNER.verify(Purpose.MESSAGE, old.message) == (42, 7)
    assert SIGNER.verify(Purpose.FEEDBACK, old.feedback) == (42, 7)


def test_message_ids_of_other_deliveries_and_trials_differ() -> None:
    """Mail programs hide a second message with the same id: a trial would seem never to arrive."""
    mailings = [
        Mailing(campaign=42, mailing=2**63 + drawn, topic="t", trial=trial)
        for drawn in (1, 2)
        for trial in (0, 1, 2)
    ]
    ids = {
        one.tokens(SIGNER).of(n, "ana@example.org").message for one in mailings for n in (0, 7, 8)
    }
    assert len(ids) == 18


def test_a_date_is_written_in_utc_and_must_be_aware() -> None:
    """A naive date would be read in the zone of whichever machine wrote it."""
    zurich = timezone(timedelta(hours=2))
    instant = datetime(2023, 4, 12, 9, 0, tzinfo=zurich)
    assert headers.format_date(instant) == "Wed, 12 Apr 2023 07:00:00 +0000"
    assert headers.format_date(instant.astimezone(UTC)) == headers.format_date(instant)
    with pytest.raises(ValueError, match="aware"):
        headers.format_date(instant.replace(tzinfo=None))


@given(PRINTABLE, st.text(min_size=1, max_size=30))
def test_feedback_ids_keep_their_four_fields(topic: str, name: str) -> None:
    """Gmail reads the last field as the sender and drops reports that have another number."""
    list_name = "".join(c for c in name if c.isascii() and c.isalnum()) or "b"
    mailing = Mailing(campaign=42, topic=topic)
    value = str(shared(identity(list_name=list_name), mailing)["Feedback-ID"])
    fields = value.split(":")
    assert len(fields) == 4
    assert 5 <= len(fields[3]) <= 15
