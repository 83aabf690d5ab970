"""Any mail to any of our addresses is decided, and breaks no law."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given
from hypothesis import settings as trial
from hypothesis import strategies as st

from mailer.domain.access.token import Purpose
from mailer.domain.inbound.received import Incoming, MailState, Way
from mailer.store.server.connection import Store
from support.service.mail_service import MailService

WORDS = st.sampled_from(
    ["subscribe", "leave", "confirm", "language fr", "topics meetings", "status", "help", "oui"]
)
TEXT = st.one_of(WORDS, st.text(max_size=60))
AUTHORS = st.one_of(
    st.sampled_from(["ana@example.org", "ANA@example.org", "ana+x@example.org", "x@y@z", "<>"]),
    st.text(max_size=40),
)
NUMBERS = st.lists(st.integers(0, 3), min_size=1, max_size=4)


@st.composite
def recipients(draw: st.DrawFn) -> tuple[str, list[int]]:
    """Draw an extension, and the numbers of a token to be signed for it."""
    extension = draw(
        st.sampled_from(["", "subscribe", "subscribe+fr", "leave", "confirm", "help", "owner"])
    )
    wants = extension in {"leave", "confirm"} and draw(st.booleans())
    return extension, draw(NUMBERS) if wants else []


MAIL = st.tuples(recipients(), AUTHORS, TEXT, TEXT, st.binary(max_size=60))


@trial(max_examples=60)
@given(st.lists(MAIL, min_size=1, max_size=6))
@example([(("confirm", [0]), "ben@example.org", "confirm", "", b"")])
@example([(("confirm", [0, 1]), "ben@example.org", "confirm", "", b"")])
def test_any_mails_in_any_order_are_decided_and_flood_nobody(
    store: Store, tmp_path: Path, mails: list[tuple[tuple[str, list[int]], str, str, str, bytes]]
) -> None:
    """Tokens of any shape included: whatever strangers send must not end a worker."""
    store.redis.flushall()
    service = MailService(store, tmp_path / "data")
    service.member("ben@example.org")
    signer = service.subscribing._asking._signer
    for (extension, numbers), author, subject, body, rest in mails:
        to = service.own(extension)
        if numbers:
            purpose = Purpose.LEAVE if extension == "leave" else Purpose.CONFIRM
            to = service.own(f"{extension}+{signer.sign(purpose, *numbers)}")
        content = f"From: {author}\nSubject: {subject}\n\n{body}\n".encode("utf-8", "replace")
        one = Incoming(Way.LMTP, "x@example.net", (to,), content + rest)
        for kept in service.get_all([one]):
            assert kept.state in {MailState.HANDLED, MailState.WAITING}, kept.reason
    asked = [
        mail.recipient
        for mail in service.posted()
        if b"Reply-To: bulletin-confirm+" in mail.content
    ]
    assert len({one.lower() for one in asked}) == len(asked)  # law 6
