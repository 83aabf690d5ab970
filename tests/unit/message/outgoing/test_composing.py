"""Composing: what a reader's program shows is what was written, for every reader and any text."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import compat32, default
from html import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailer.content.rendering.rendered import InlineImage, Rendered, slot
from mailer.domain.access.token import Signer
from mailer.message.outgoing import headers
from mailer.message.outgoing.composing import (
    BODY,
    Recipient,
    Template,
    WireMessage,
    compile_message,
)
from mailer.message.outgoing.headers import Identity, Mailing
from mailer.message.outgoing.slots import UnsendableError
from mailer.message.outgoing.tokens import Granted

SIGNER = Signer(b"a secret of thirty-two octets ...")
NOW = datetime(2023, 4, 12, 7, 0, tzinfo=UTC)
MAILING = Mailing(campaign=42, mailing=2**63 + 42, topic="bulletin")
IDENTITY = Identity(
    sender_name="Secrétariat du Groupe",
    sender_address="bulletin@example.org",
    list_name="bulletin",
    list_domain="lists.example.org",
    public_url="https://bulletin.example.org",
)
PNG = InlineImage("chart@edition", "chart.png", "image/png", bytes(range(256)) * 40)
ANA = Recipient(7, "ana@example.org")
TEXT = st.text(st.characters(exclude_categories=["Cs", "Co"], exclude_characters="\r"))
BITS = st.sampled_from(["From ", ".", " ", "\t", "\n", "=", "é", "🦉", "x" * 500, "--", "<p>"])
BODIES = TEXT | st.lists(BITS, max_size=30).map("".join)
LOCALS = st.text(st.sampled_from("abcß&'=/+é中🦉"), min_size=1, max_size=15)
ADDRESSES = st.builds("{}@{}".format, LOCALS, st.sampled_from(["example.org", "é.example.org"]))


def rendered(**changes: object) -> Rendered:
    """Make a small rendered edition, and what a test changes in it."""
    edition = Rendered(
        language="fr",
        direction="ltr",
        subject="Bulletin du Groupe – printemps 2023",
        preheader="",
        html=f"<p>À {slot('address')} : <a href='{slot('leave_url')}'>quitter</a></p>\n",
        text=f"À {slot('address')} : {slot('leave_url')}\n{slot('preferences_url')}\n",
        images=(),
        warnings=(),
    )
    return replace(edition, **changes)  # type: ignore[arg-type] # the tests name real fields


def template(edition: Rendered | None = None, **changes: object) -> Template:
    """Compile an edition, a small one by default."""
    return compile_message(edition or rendered(**changes), IDENTITY, MAILING, SIGNER)


def read(message: WireMessage) -> EmailMessage:
    """Read a message as a mail program would, and let no defect pass in either policy."""
    parsed = message_from_bytes(message.content, policy=default)
    assert isinstance(parsed, EmailMessage)
    for part in [*parsed.walk(), *message_from_bytes(message.content, policy=compat32).walk()]:
        assert not part.defects
    for part in parsed.walk():
        for name, value in part.items():
            # The standard library's parser takes every address beyond ASCII for a defect.
            assert (name == "To" and message.smtputf8) or not getattr(value, "defects", ())
    return parsed


def structure(message: Message) -> object:
    """Tell the tree of content types."""
    if not message.is_multipart():
        return message.get_content_type()
    return (message.get_content_type(), *map(structure, message.iter_parts()))  # type: ignore[attr-defined] # an EmailMessage's parts are


def body(message: EmailMessage, subtype: str) -> str:
    """Decode the text of that subtype."""
    part = message.get_body((subtype,))
    assert part is not None
    assert part.get_content_charset() == "utf-8"
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    return data.decode().replace("\r\n", "\n")


def granted(recipient: Recipient) -> Granted:
    """Return what a recipient's delivery is signed with."""
    return MAILING.tokens(SIGNER).of(recipient.number, recipient.address)


def filled(source: str, recipient: Recipient, *, html: bool) -> str:
    """Fill the slots of a body as its reader should see them."""
    links = headers.links(IDENTITY, granted(recipient))
    values = {
        "address": recipient.address,
        "leave_url": links.leave_url,
        "preferences_url": links.preferences_url,
    }
    for name, value in values.items():
        source = source.replace(slot(name), escape(value) if html else value)
    return source


def test_plain_text_and_html_are_alternatives() -> None:
    """A reader's program shows the one it can, the last it understands (RFC 2046, 5.1.4)."""
    message = read(template().fill(ANA, NOW))
    assert structure(message) == ("multipart/alternative", "text/plain", "text/html")
    assert body(message, "plain") == filled(rendered().text, ANA, html=False)
    assert body(message, "html") == filled(rendered().html, ANA, html=True)


def test_images_travel_beside_the_html_that_shows_them() -> None:
    """Images from elsewhere are blocked or track the reader; ours come inside (RFC 2387)."""
    message = read(template(images=(PNG,)).fill(ANA, NOW))
    related = ("multipart/related", "text/html", "image/png")
    assert structure(message) == ("multipart/alternative", "text/plain", related)
    image = next(part for part in message.walk() if part.get_content_type() == "image/png")
    assert image.get_payload(decode=True) == PNG.data
    assert image["Content-ID"] == "<chart@edition>"
    assert (image.get_content_disposition(), image.get_filename()) == ("inline", "chart.png")


def test_a_message_says_for_whom_from_whom_and_how_to_leave() -> None:
    """One look at the whole header: what is missing here is missing in a million mails."""
    message = read(template().fill(ANA, NOW))
    assert message.keys() == [
        *("Date", "To", "Message-ID", "CFBL-Feedback-ID", "List-Unsubscribe", "From", "Subject"),
        *("MIME-Version", "Content-Language", "List-Id", "List-Unsubscribe-Post", "List-Help"),
        *("List-Subscribe", "List-Owner", "List-Post", "CFBL-Address", "Feedback-ID"),
        *("Precedence", "X-Auto-Response-Suppress", "Content-Type"),
    ]
    assert message["Subject"] == "Bulletin du Groupe – printemps 2023"
    assert message["From"].addresses[0].display_name == "Secrétariat du Groupe"
    assert message["To"] == "ana@example.org"
    assert message["Date"].datetime == NOW


@given(BODIES, BODIES, BODIES, ADDRESSES, st.integers(0, 2**32 - 1))
@example("." * 300, "From me\n.\n..\n", " \n\t\n", "ana@example.org", 1)
@example("", "", "", "ana@example.org", 1)
@example("", "", "", "o&o@example.org", 1)
@example("--=_x\n--\n", "=\n=_\n", "x" * 3000, "o'neill&co=/+@example.org", 1)
@example("\n", "\n\n", "\n", "用户@例子.example.org", 1)
def test_any_text_reaches_any_reader_as_it_was_written(
    first: str, second: str, third: str, address: str, number: int
) -> None:
    """Editors paste anything; the mail must neither break nor lose a character."""
    source = slot("leave_url").join([first, second + slot("address"), third])
    edition = rendered(html=source, text=source, images=(PNG,))
    recipient = Recipient(number, address)
    message = read(template(edition).fill(recipient, NOW))
    assert body(message, "plain") == filled(source, recipient, html=False)
    assert body(message, "html") == filled(source, recipient, html=True)
    assert structure(message) == structure(read(template(images=(PNG,)).fill(ANA, NOW)))


@given(BODIES, ADDRESSES)
@example(".\n..\n" + "." * 999, "ana@example.org")
def test_the_wire_form_is_the_message_and_fits_every_relay(text: str, address: str) -> None:
    """RFC 5321: lines of 998 octets ended by CRLF, and a lone dot ends a message too early."""
    source = text + slot("address") + text
    message = template(html=source, text=source).fill(Recipient(7, address), NOW)
    lines = message.content.split(b"\r\n")
    assert lines.pop() == b"", "the last line is ended"
    assert not any(re.search(rb"[\r\n\0]", line) for line in lines)
    assert not any(line.startswith(b".") for line in lines), "nothing is left to stuff"
    assert max(map(len, lines)) <= 998
    assert all(len(line) <= 78 for line in lines[lines.index(b"") :])
    assert message.content.isascii() == (not message.smtputf8)
    assert message.size == len(message.content)


def test_a_link_longer_than_a_line_is_wrapped_and_read_back_whole() -> None:
    """A web server's address may be long, and a torn link is a reader who cannot leave."""
    who = replace(IDENTITY, public_url="https://bulletin.example.org/" + "x" * 100)
    message = compile_message(rendered(), who, MAILING, SIGNER).fill(ANA, NOW)
    link = headers.links(who, granted(ANA)).leave_url
    assert f"<a href='{link}'>" in body(read(message), "html")
    assert all(len(line) <= 76 for line in b"".join(message.parts[BODY:]).split(b"\r\n"))


def test_a_body_that_quotes_the_boundaries_stays_whole() -> None:
    """Boundaries are the same each time, so an editor may paste one from an earlier mail."""
    earlier = read(template(images=(PNG,)).fill(ANA, NOW))
    boundaries = [part.get_boundary() for part in earlier.walk() if part.is_multipart()]
    pasted = "".join(f"\n--{boundary}--\n" for boundary in boundaries)
    message = read(template(images=(PNG,), text=pasted, html=pasted).fill(ANA, NOW))
    assert len(set(boundaries)) == 2
    assert (body(message, "plain"), body(message, "html")) == (pasted, pasted)


def test_a_reader_with_an_address_beyond_ascii_gets_a_header_in_utf_8() -> None:
    """RFC 6532: To holds the address itself, and the relay is told so by SMTPUTF8."""
    message = template().fill(Recipient(7, "josé@bücher.example.org"), NOW)
    assert (message.recipient, message.smtputf8) == ("josé@bücher.example.org", True)
    assert "\r\nTo: josé@bücher.example.org\r\n".encode() in message.content
    assert b"".join(message.parts[BODY:]).isascii(), "the bodies stay quoted-printable"


def test_a_domain_beyond_ascii_goes_out_in_its_ascii_form_and_is_shown_as_it_is() -> None:
    """Every relay carries A-labels; the reader still sees the address that was subscribed."""
    message = template().fill(Recipient(7, "ana@bücher.example.org"), NOW)
    assert (message.recipient, message.smtputf8) == ("ana@xn--bcher-kva.example.org", False)
    assert "À ana@bücher.example.org : " in body(read(message), "plain")


def test_the_same_delivery_is_made_again_octet_for_octet() -> None:
    """Law 3: a repeat after a crash must be recognisable as one."""
    edition = rendered(images=(PNG,))
    first, again = (template(edition).fill(ANA, NOW).content for _ in range(2))
    assert first == again


def test_one_readers_values_never_reach_the_next() -> None:
    """The template is shared by a million fills: nothing of one may stay for another."""
    shared = template()
    before = shared.fill(ANA, NOW).content
    bob = shared.fill(Recipient(8, "bob@example.net"), NOW).content
    assert shared.fill(ANA, NOW).content == before
    assert b"ana@example.org" not in bob
    assert bob == template().fill(Recipient(8, "bob@example.net"), NOW).content


def test_messages_of_two_readers_differ_in_the_slots_only() -> None:
    """All else is compiled once; this is what makes a recipient cost a join."""
    shared = template(images=(PNG,))
    ana, bob = (shared.fill(r, NOW).parts for r in (ANA, Recipient(8, "bob@example.net")))
    assert len(ana) == len(bob)
    same = [a is b for a, b in zip(ana, bob, strict=True)]
    assert same.count(False) == 1 + 5, "the own header fields and five places in the bodies"
    assert all(same[BODY::2])


def test_the_date_follows_the_clock() -> None:
    """It is kept for a second only: a campaign of hours must not carry its first second."""
    shared = template()
    later = NOW + timedelta(seconds=1)
    dates = [read(shared.fill(ANA, now))["Date"].datetime for now in (NOW, later, NOW)]
    assert dates == [NOW, later, NOW]


def test_a_signature_finds_its_place_and_what_it_can_hash_once() -> None:
    """The next signer puts its field first, and hashes a language's prefix only once."""
    shared = template()
    message = shared.fill(ANA, NOW)
    head, _, rest = message.content.partition(b"\r\n\r\n")
    assert message.parts[0] == b""
    assert b"".join(message.parts[:BODY]) == head + b"\r\n\r\n"
    assert rest.startswith(shared.body_prefix)
    assert len(shared.body_prefix) > 100
    literals = message.parts[BODY::2]
    assert all(literal.endswith(b"\r\n") for literal in literals), "literals are whole lines"


def test_a_language_has_a_message_of_its_own_within_one_campaign() -> None:
    """Law 1: the Message-ID is the delivery's, not the language's."""
    french, spanish = (read(template(language=code).fill(ANA, NOW)) for code in ("fr", "es_419"))
    assert (french["Content-Language"], spanish["Content-Language"]) == ("fr", "es-419")
    assert french["Message-ID"] == spanish["Message-ID"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"html": slot("nickname")}, "html: has an unknown slot 'nickname'"),
        ({"text": "a\ue001b"}, "text: holds half a mark"),
        ({"text": "\udc00"}, "text: holds half a character"),
        ({"subject": "a\r\nBcc: eve@example.net"}, "Subject: holds the control character"),
        ({"subject": ""}, "Subject: is empty"),
        ({"language": "fr\r\n"}, "language: "),
        ({"images": (replace(PNG, cid="a>\r\nX: y"),)}, "image 'chart.png'"),
        ({"images": (replace(PNG, content_type="text/html"),)}, "image 'chart.png'"),
        ({"images": (replace(PNG, filename="a\r\nX: y"),)}, "filename: holds the control"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_the_first_mail(
    changes: dict[str, object], said: str
) -> None:
    """An error for one is an error for all: it must come when the campaign is compiled."""
    with pytest.raises(UnsendableError, match=f"^{re.escape(said)}"):
        template(rendered(**changes))


def test_an_address_that_cannot_be_sent_to_costs_only_its_own_delivery() -> None:
    """The dispatcher skips it with a reason, and the template goes on."""
    shared = template()
    with pytest.raises(UnsendableError, match="address"):
        shared.fill(Recipient(8, "eve@example.net\r\nBcc: ana@example.org"), NOW)
    assert shared.fill(ANA, NOW).content == template().fill(ANA, NOW).content


def test_an_image_keeps_its_name_in_any_script() -> None:
    """Saved to disk it should be called as the secretariat called it (RFC 2231)."""
    image = replace(PNG, filename='carte "été".png')
    message = read(template(images=(image,)).fill(ANA, NOW))
    assert [part.get_filename() for part in message.walk()][-1] == 'carte "été".png'
