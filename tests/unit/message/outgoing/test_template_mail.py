"""A template's mail as bytes: whatever the data is, its fields, parts and links stay the template's."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import example, given
from hypothesis import strategies as st

from mailer.content.transactional import writing
from mailer.content.transactional.writing import Frame
from mailer.domain.access.token import Signer
from mailer.domain.transactional import variable
from mailer.errors import InputError
from mailer.message.outgoing.dkim import Key, load_key
from mailer.message.outgoing.headers import Identity
from mailer.message.outgoing.service_mail import ServiceMail, compose
from support.samples.registration import DATA, template

SIGNER = Signer(bytes(range(32)))
NOW = datetime(2027, 4, 12, 7, 0, tzinfo=UTC)
IDENTITY = Identity(
    sender_name="The Bulletin",
    sender_address="bulletin@lists.example.org",
    list_name="bulletin",
    list_domain="lists.example.org",
)


def written(data: dict[str, Any], keys: tuple[Key, ...] = (), **fields: Any) -> bytes:
    """Compose the sample with data, as it is sent."""
    found = template()
    words = writing.write(found, "en", variable.read(found.variables, data))
    rendered = writing.render(words, Frame("The Bulletin", "ana@example.org"))
    mail = ServiceMail(
        identity=2**63,
        subscriber=7,
        address="ana@example.org",
        rendered=rendered,
        asked_by_program=True,
        **fields,
    )
    return compose(mail, IDENTITY, SIGNER, NOW, keys).content


def composed(data: dict[str, Any], **fields: Any) -> EmailMessage:
    """Compose the sample with data, and read it."""
    content = written(data, **fields)
    assert content.isascii()
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def shape(message: EmailMessage) -> list[object]:
    """Return what nobody but the template's author may decide."""
    html = message.get_body(("html",))
    assert html is not None
    return [
        message.keys(),
        [part.get_content_type() for part in message.walk()],
        len(re.findall(r"<a [^>]*href=", html.get_content())),
        message["To"],
        message["From"],
    ]


@given(st.text(max_size=300), st.text(max_size=100), st.lists(st.text(max_size=50), max_size=1))
@example("a\r\nBcc: x@example.org", "=?utf-8?q?x=0D=0ABcc:_x@example.org?=", [])
@example("--=_boundary--", "\u2028Subject: x", ["<a href=x>"])
@example("x" * 200, "é" * 90, ["https://evil.example/"])
def test_no_data_changes_the_shape_of_the_message(
    name: str, meeting: str, sessions: list[str]
) -> None:
    """Header fields, MIME parts, links and recipients."""
    items = [{"title": f"x{one}", "day": "2027-06-28"} for one in sessions]
    data = {**DATA, "name": f"x{name}", "meeting": f"x{meeting}", "sessions": items}
    plain = {**DATA, "sessions": [{"title": "x", "day": "2027-06-28"} for _ in sessions]}
    try:
        message = composed(data)
    except InputError:
        return
    assert shape(message) == shape(composed(plain))
    assert message["Subject"] == f"You are registered: {' '.join(data['meeting'].split())}"


@pytest.mark.parametrize("one_click", [True, False])
def test_only_what_can_be_stopped_says_so(one_click: bool) -> None:
    """RFC 8058 section 3.1: both fields, or neither."""
    ways = (
        "https://news.example.org/leave/x?topic=meetings",
        "mailto:bulletin-confirm+x@lists.example.org",
    )
    message = composed(dict(DATA), unsubscribe=ways, one_click=one_click)
    assert str(message["List-Unsubscribe"]) == f"<{ways[0]}>, <{ways[1]}>"
    assert ("List-Unsubscribe-Post" in message) is one_click
    assert "List-Unsubscribe" not in composed(dict(DATA))
    assert composed(dict(DATA))["Auto-Submitted"] == "auto-generated"


def test_what_stops_it_is_signed() -> None:
    """RFC 8058 section 4: else anybody could lead the one click elsewhere."""
    secret = ed25519.Ed25519PrivateKey.generate()
    pem = secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key = load_key("example.org", "ed", pem, frozenset())
    content = written(
        dict(DATA), (key,), unsubscribe=("https://news.example.org/x",), one_click=True
    )
    signature = email.message_from_bytes(content)["DKIM-Signature"]
    signed = re.search(r"\bh=([^;]+)", signature)
    assert signed
    names = {one.strip().lower() for one in signed[1].split(":")}
    assert {"from", "to", "subject", "list-unsubscribe", "list-unsubscribe-post"} <= names
