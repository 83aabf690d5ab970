"""Effects of a reader's words: the cases 19 to 34 as mail, with all mail that follows.

Each mail of `tests/corpus/commands` comes from a subscriber to the list's own address.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from mailer.domain.settings.mailbox_url import MailboxUrl
from mailer.inbound.mailbox import Mailbox
from mailer.store.inbound import mails as inbound
from mailer.store.server.connection import Store
from support.places import CORPUS
from support.service.mail_service import MailService, address_in

CASES = CORPUS / "commands"


@pytest.fixture
def service(store: Store, tmp_path: Path) -> MailService:
    """A service with a secretariat."""
    return MailService(store, tmp_path / "data", owner_address="secretariat@example.org")


class Decision(NamedTuple):
    """The decision on a mail."""

    kind: str
    mails: tuple[str, ...]
    """Service mails that are queued."""
    languages: tuple[str, ...] = ("en",)
    """The languages of those."""
    status: str = "active"
    """The author's status, afterwards."""


LEAVES = Decision("command", ("leave",))
LETTER = Decision("person", ("letter",))
EXPECTED = {
    "23-base64-latin1.eml": LEAVES,
    "23-quoted-printable.eml": LEAVES,
    "24-html.eml": LEAVES,
    "25-unclear.eml": Decision("person", ("letter", "help"), ("en", "en")),
    "26-signature.eml": LETTER,
    "27-quoted-above.eml": LETTER,
    "27-quoted-below.eml": LETTER,
    "28-phone.eml": LEAVES,
    "29-outlook.eml": LETTER,
    "30-angry.eml": LEAVES,
    "31-word-of-another-language.eml": LETTER,
    "32-five-hundred-lines.eml": Decision("command", ("help",)),
    "34-forwarded.eml": LETTER,
}
"""Nobody is proved to be the author: a reader who wants to leave is asked (case 50)."""


@pytest.mark.parametrize("file", EXPECTED)
def test_words_do_what_they_clearly_say_and_nothing_else(service: MailService, file: str) -> None:
    """A word in a signature or a quotation must not cost a reader the list, nor a clear one fail."""
    welcome = service.subscribed()
    before = len(service.queued())
    content = (CASES / file).read_bytes()
    for name, beginning in ((b"{LEAVE}", "bulletin-leave+"), (b"{CONFIRM}", "bulletin-confirm+")):
        content = content.replace(name, address_in(welcome, beginning).encode())
    kept = service.get(service.own(), raw=content.replace(b"\n", b"\r\n"))
    queued = tuple(service.queued()[before:])
    sent = service.sent()
    found = Decision(
        kept.kind, queued, tuple(str(one["Content-Language"]) for one in sent), service.status()
    )
    assert found == EXPECTED[file]


def test_every_mail_has_an_expectation() -> None:
    """A sample that nothing looks at shows nothing."""
    assert {file.name for file in CASES.glob("*.eml")} == {*EXPECTED, "19-folded.eml"}


def test_19_a_token_is_found_in_a_folded_field_with_a_name(service: MailService) -> None:
    """A mailbox at a provider has no envelope: the field is all that there is."""
    asked = service.asked()
    token = str(asked["Reply-To"]).encode()
    content = (CASES / "19-folded.eml").read_bytes().replace(b"{CONFIRM}", token)
    mailbox = Mailbox(MailboxUrl.parse("imap://a:b@127.0.0.1/INBOX"), service.intake)
    mail = mailbox.incoming(content.replace(b"\n", b"\r\n"))
    assert mail.recipients == (token.decode(),)
    (kept,) = service.get_all([mail])
    assert inbound.raw(service.store, kept.number) == mail.content
    assert service.status() == "active"


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"sender": ""}, "its envelope sender is empty, as in notices of mail servers"),
        (
            {"header": "X-Loop: bulletin@lists.example.org\n"},
            "it has been through this list already",
        ),
        (
            {"author": "a@example.org, b@example.org", "sender": "a@example.org"},
            "it names no author, or several",
        ),
        ({"author": "bulletin@lists.example.org"}, "its author is an address of the list itself"),
    ],
)
def test_why_a_mail_was_not_acted_on_is_said_in_words(
    service: MailService, how: dict[str, str], reason: str
) -> None:
    """The secretariat reads it in `mailer inbound list`, where nothing else explains it (law 11)."""
    kept = service.get(service.own("subscribe"), subject="subscribe", **how)  # type: ignore[arg-type]
    assert kept.reason == reason
    assert service.queued() == []
