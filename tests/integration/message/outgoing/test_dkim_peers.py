"""Signatures as others see them: dkimpy and mailauth verify what we sign, and nothing changed."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailer.cli.operation.init import init
from mailer.clock import SystemClock
from mailer.config import Settings
from mailer.content.rendering.rendered import CalendarFile, InlineImage, Rendered, slot
from mailer.domain.access.token import Signer
from mailer.domain.campaigns.campaign import Campaign, State
from mailer.errors import ConfigError
from mailer.message.outgoing.composing import Recipient, Template, compile_message
from mailer.message.outgoing.dkim import OVERSIGNED, Key
from mailer.message.outgoing.headers import Identity, Mailing
from mailer.message.outgoing.service_mail import ServiceMail, compose
from mailer.services.editions import library as editions
from mailer.services.sending import composing
from mailer.services.sending.composing import Composer
from mailer.store.server.connection import Store
from support.places import NODE

SIGNER = Signer(b"a secret of thirty-two octets ...")
NOW = datetime(2023, 4, 12, 7, 0, tzinfo=UTC)
ANA = Recipient(7, "ana@example.org")
IDENTITY = Identity(
    sender_name="Secrétariat du Groupe",
    sender_address="bulletin@example.org",
    list_name="bulletin",
    list_domain="lists.example.org",
    list_title="Bulletin des micro, petites et moyennes entreprises",
    reply_to="secretariat@example.org",
    public_url="https://bulletin.example.org",
)
PNG = InlineImage("chart@edition", "chart.png", "image/png", bytes(range(256)) * 40)
BITS = st.sampled_from(["From ", ".", " ", "   ", "\t", "\n", "=", "é", "🦉", "x" * 500, "--"])
BODIES = st.text(st.characters(exclude_categories=["Cs", "Co"], exclude_characters="\r")) | (
    st.lists(BITS, max_size=30).map("".join)
)
LOCALS = st.text(st.sampled_from("abcß&'=/+é中🦉"), min_size=1, max_size=15)
ADDRESSES = st.builds("{}@{}".format, LOCALS, st.sampled_from(["example.org", "é.example.org"]))


class Published:
    """The results of `mailer init`: the settings with the keys, and the records for the DNS."""

    def __init__(self, folder: Path, said: str) -> None:
        """Keep the folder and the output of the command."""
        self.settings = Settings.load(folder / "mailer.toml")
        self.keys = composing.signing_keys(self.settings)
        self.records = {
            name: "".join(re.findall(r'"([^"]*)"', rest))
            for name, rest in re.findall(r"^(\S+)\. IN TXT (.*)$", said, re.MULTILINE)
        }

    def verdicts(self, message: bytes) -> list[bool]:
        """Ask dkimpy about each signature of a message."""
        try:
            fields = dkim.DKIM(message).headers
        except dkim.MessageFormatError:
            return []
        count = sum(name.lower() == b"dkim-signature" for name, _ in fields)
        return [self._verdict(message, index) for index in range(count)]

    def _verdict(self, message: bytes, index: int) -> bool:
        try:
            return bool(dkim.DKIM(message).verify(index, dnsfunc=self._look_up))
        except dkim.DKIMException:
            return False

    def _look_up(self, name: bytes, timeout: int = 0) -> bytes:
        assert timeout >= 0
        return self.records[name.decode("ascii").rstrip(".")].encode("ascii")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Go through the first steps as an operator does."""
    folder = tmp_path_factory.mktemp("installation")
    with pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr("typer.echo", lambda line="": said.append(line))
        init(folder, "lists.example.org", "data")
    return Published(folder, "\n".join(said))


def template(keys: Sequence[Key], text: str = "", html: str = "") -> Template:
    """Compile a small edition with an image, and all slots after those texts."""
    foot = f"{slot('address')} : {slot('leave_url')}\n{slot('preferences_url')}\n"
    edition = Rendered(
        language="fr",
        direction="ltr",
        subject="Bulletin du Groupe – printemps 2023",
        preheader="",
        html=html + foot,
        text=text + foot,
        images=(PNG,),
        warnings=(),
    )
    return compile_message(edition, IDENTITY, Mailing(campaign=42, topic="x"), SIGNER, keys)


@settings(deadline=None)  # verifying is slow where it is written in Python
@given(BODIES, BODIES, ADDRESSES, st.integers(0, 2**32 - 1))
@example(" \t \n  \n", "<p>\t<b>   x</b>  \n", "用户@例子.example.org", 0)
@example(".\n..\n.", "", "o'neill&co=/+@example.org", 1)
def test_any_delivery_verifies_with_every_key(
    published: Published, text: str, html: str, address: str, number: int
) -> None:
    """A signature that holds for most editions and most readers is a mystery for the others."""
    message = template(published.keys, text, html).fill(Recipient(number, address), NOW)
    assert published.verdicts(message.content) == [True, True]


@settings(deadline=None, max_examples=30)
@given(ADDRESSES, st.integers(0, 2**32 - 1))
@example(f"{'long.' * 12}name@{'a-host.' * 20}example.org", 7)
def test_any_invitation_verifies_with_every_key(
    published: Published, address: str, number: int
) -> None:
    """An invitation holds the reader's address on folded lines, which begin with white space."""
    text = (
        "BEGIN:VCALENDAR\nMETHOD:REQUEST\nORGANIZER:\n"
        f" mailto:bulletin-rsvp+{slot('rsvp')}@lists.example.org\n"
        f"ATTENDEE;RSVP=TRUE:\n mailto:{slot('attendee')}\nEND:VCALENDAR\n"
    )
    edition = Rendered(
        language="fr",
        direction="ltr",
        subject="Demain – Réunion",
        preheader="",
        html=f"<p>{slot('address')}</p>\n",
        text=f"{slot('stop_a')}\n",
        images=(),
        warnings=(),
        calendar=CalendarFile("REQUEST", text, "meeting.ics"),
    )
    mailing = Mailing(campaign=42, topic="x", automatic=True, topics=("x",), invitation=7)
    made = compile_message(edition, IDENTITY, mailing, SIGNER, published.keys)
    message = made.fill(Recipient(number, address), NOW)
    assert published.verdicts(message.content) == [True, True]


@settings(deadline=None)
@given(st.integers(0), st.integers(1, 255))
def test_no_octet_of_text_can_be_changed(published: Published, at: int, change: int) -> None:
    """The reader must see what was signed; only white space may be changed on the way."""
    content = template(published.keys, "Ein  Text\n" * 20).fill(ANA, NOW).content
    start = content.index(b"Date: ")
    unsigned = content.index(b"Precedence: "), content.index(b"Content-Type: multipart/alt")
    places = [
        place
        for place in range(start, len(content))
        if not content[place : place + 1].isspace() and not unsigned[0] <= place < unsigned[1]
    ]
    place = places[at % len(places)]
    octet = content[place] ^ change
    if bytes([octet]).swapcase() == content[place : place + 1]:
        return  # small letters and capitals are the same in a field's name
    changed = content[:place] + bytes([octet]) + content[place + 1 :]
    assert published.verdicts(content) == [True, True]
    assert not any(published.verdicts(changed))


PRESENT = [
    *("from", "reply-to", "to", "subject", "date", "message-id", "mime-version", "content-type"),
    *("content-language", "list-id", "list-help", "list-subscribe", "list-owner", "list-post"),
    *("list-unsubscribe", "list-unsubscribe-post", "cfbl-address", "cfbl-feedback-id"),
    "feedback-id",
]
"""Signed fields of an edition."""


@pytest.mark.parametrize("name", PRESENT)
def test_no_signed_field_can_be_removed_or_replaced(published: Published, name: str) -> None:
    """A message without its way to leave must fail the check."""
    content = template(published.keys).fill(ANA, NOW).content
    head, _, body = content.partition(b"\r\n\r\n")
    field = re.compile(rb"(?im)^%b: .*(?:\r\n[ \t].*)*\r\n" % name.encode())
    assert len(field.findall(head + b"\r\n")) == 1
    for other in (b"", b"%b: other@example.net\r\n" % name.encode()):
        changed = field.sub(other, head + b"\r\n") + b"\r\n" + body
        assert not any(published.verdicts(changed))


@pytest.mark.parametrize("name", OVERSIGNED)
@pytest.mark.parametrize("place", ["above", "below", "above the signatures"])
def test_no_second_field_can_be_added(published: Published, name: str, place: str) -> None:
    """Programs differ in which of two Subjects they show: a forger's must not pass as ours."""
    content = template(published.keys).fill(ANA, NOW).content
    where = {
        "above": content.index(b"Date: "),
        "below": content.index(b"\r\n\r\n") + 2,
        "above the signatures": 0,
    }[place]
    added = b"%b: eve@example.net\r\n" % name.encode()
    assert not any(published.verdicts(content[:where] + added + content[where:]))


def service_mail(keys: Sequence[Key]) -> bytes:
    """Compose a mail of the service, as confirmations and alerts are."""
    rendered = Rendered(
        language="en",
        direction="ltr",
        subject="Please confirm",
        preheader="",
        html="<p>Please confirm.</p>\n",
        text="Please confirm.\n",
        images=(),
        warnings=(),
    )
    mail = ServiceMail(identity=3, subscriber=1, address="ana@example.org", rendered=rendered)
    return compose(mail, IDENTITY, SIGNER, NOW, keys).content


@pytest.mark.parametrize("name", OVERSIGNED)
@pytest.mark.parametrize("top", [True, False])
def test_nothing_can_be_added_to_a_mail_of_the_service(
    published: Published, name: str, *, top: bool
) -> None:
    """A confirmation with a stranger's Reply-To or List-Unsubscribe would be a fine trap."""
    content = service_mail(published.keys)
    assert published.verdicts(content) == [True, True]
    added = b"%b: <mailto:eve@example.net>\r\n" % name.encode()
    head, _, body = content.partition(b"\r\n\r\n")
    changed = added + content if top else head + b"\r\n" + added + b"\r\n" + body
    assert not any(published.verdicts(changed))


def as_amazon_does(content: bytes) -> bytes:
    """Replace Message-ID and Date, and add what Amazon SES adds."""
    content = re.sub(rb"(?m)^Message-ID: .*\r\n", b"", content)
    content = re.sub(rb"(?m)^Date: .*\r\n", b"", content)
    return (
        b"Message-ID: <0102018f-000000@eu-west-1.amazonses.example>\r\n"
        b"Date: Wed, 12 Apr 2023 07:00:09 +0000\r\n"
        b"Feedback-ID: 1.eu-west-1.abc=:AmazonSES\r\n"
        b"X-SES-Outgoing: 2023.04.12-54.240.0.1\r\n"
    ) + content


@pytest.mark.parametrize("make", [lambda keys: template(keys).fill(ANA, NOW).content, service_mail])
def test_a_relay_that_writes_message_id_and_date_anew_leaves_the_signature_whole(
    published: Published, make: Callable[[Sequence[Key]], bytes]
) -> None:
    """Through Amazon SES every mail would fail DKIM, and DMARC with it."""
    settings = published.settings.model_copy(update={"dkim_unsigned": ("message-id", "date")})
    assert published.verdicts(as_amazon_does(make(published.keys))) == [False, False]
    content = make(composing.signing_keys(settings))
    assert published.verdicts(as_amazon_does(content)) == [True, True]
    assert published.verdicts(as_amazon_does(content.replace(b"To: ana", b"To: eva"))) != [True] * 2


def test_nothing_can_be_added_to_the_body(published: Published) -> None:
    """No length is named (`l=`), so there is no room after the end."""
    content = template(published.keys).fill(ANA, NOW).content
    assert not any(published.verdicts(content + b"More.\r\n"))
    assert published.verdicts(content + b"\r\n\r\n") == [True, True], "empty lines do no harm"


def test_what_relays_do_on_the_way_does_no_harm(published: Published) -> None:
    """They add trace fields, fold lines anew, and some touch white space: hence relaxed."""
    content = template(published.keys, "a  b\n").fill(ANA, NOW).content
    moved = b"Received: from a.example.org by b.example.net; Wed, 12 Apr 2023 07:00:01 +0000\r\n"
    moved += content.replace(b"Subject: ", b"subject:\t ").replace(b",\r\n <mailto", b",  <mailto")
    moved = moved.replace(b"MIME-Version: 1.0", b"MIME-Version: 1.0 \r\n ")
    assert published.verdicts(moved) == [True, True]


def test_dots_doubled_on_the_way_come_out_as_they_were(published: Published) -> None:
    """RFC 5321 section 4.5.2: the relay strips what the sender stuffs; the hash is of neither."""
    content = template(published.keys, ".\n..\n.x\n").fill(ANA, NOW).content
    stuffed = re.sub(rb"(?m)^\.", b"..", content)
    assert published.verdicts(re.sub(rb"(?m)^\.", b"", stuffed)) == [True, True]


def test_a_key_of_another_breaks_one_signature_only(published: Published) -> None:
    """While the DNS still holds an old record for one key, mail passes by the other."""
    foreign = replace(published.keys[1], selector="mailer-ed", algorithm="ed25519-sha256")
    foreign = replace(foreign, sign=lambda digest: published.keys[0].sign(digest[::-1]))
    message = template([foreign, published.keys[1]]).fill(ANA, NOW)
    assert published.verdicts(message.content) == [False, True]


def test_mailauth_agrees(published: Published) -> None:
    """Two verifiers that share no code: a mistake that one of them shares with us shows."""
    if shutil.which("node") is None or not (NODE / "node_modules/mailauth").is_dir():
        pytest.skip("needs Node.js and the packages of tests/node: sh deploy/bootstrap.sh test")
    texts = ["", " \t x  y \n\n", "🦉" * 300, ".\nFrom me\n", "é\n" * 300]
    readers = [
        ANA,
        Recipient(8, "josé@bücher.example.org"),
        Recipient(9, "o'neill&co@é.example.org"),
    ]
    good = [
        template(published.keys, text, text).fill(reader, NOW).content
        for text in texts
        for reader in readers
    ]
    settings = published.settings.model_copy(update={"dkim_unsigned": ("message-id", "date")})
    free = template(composing.signing_keys(settings)).fill(ANA, NOW).content
    good += [service_mail(published.keys), as_amazon_does(free)]
    bad = [
        as_amazon_does(good[0]),
        good[0].replace(b"chart.png", b"chart.gif"),
        good[0].replace(b"To: ana@", b"To: eva@"),
        *(b"%b: other@example.net\r\n" % name.encode() + good[0] for name in OVERSIGNED),
    ]
    assert good[0] not in bad
    asked = {
        "messages": [base64.b64encode(message).decode("ascii") for message in good + bad],
        "records": published.records,
    }
    done = subprocess.run(
        ["node", "verify.cjs"],  # noqa: S607 # Node.js is found where the user has it
        cwd=NODE,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    verdicts = [sorted(verdict) for verdict in json.loads(done.stdout)]
    assert verdicts[: len(good)] == [[["mailer-ed", "pass"], ["mailer-rsa", "pass"]]] * len(good)
    assert all(result != "pass" for verdict in verdicts[len(good) :] for _, result in verdict)


def test_workers_sign_every_language_of_an_edition(published: Published, store: Store) -> None:
    """The way from the settings to the last octet, with the texts and images of a real edition."""
    clock = SystemClock()
    sample = Path(composing.__file__).parents[2] / "demo/spring-2023"
    editions.import_folder(store, published.settings.topics, sample, clock)
    summary = editions.digest_of(store, "spring-2023")
    campaign = Campaign(1, State.SENDING, "spring-2023", "bulletin", NOW, digest=summary)
    composer = Composer(store, published.settings, b"a secret of thirty-two octets ...")
    for language in ("en", "fr", "es"):
        envelope = composer.write(campaign, language, Recipient(7, "josé@example.org"), clock.now())
        assert not isinstance(envelope.content, bytes)
        content = b"".join(envelope.content)
        assert envelope.size == len(content)
        assert published.verdicts(content) == [True, True]


def test_a_key_file_that_holds_something_else_stops_the_start(
    published: Published, tmp_path: Path
) -> None:
    """Mail that leaves unsigned against the secretariat's will lands among the junk."""
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN PRIVATE KEY-----\n")
    broken.chmod(0o600)
    key = published.settings.dkim_keys[0]._replace(file=broken)
    changed = published.settings.model_copy(update={"dkim_keys": (key,)})
    with pytest.raises(
        ConfigError, match=r"mailer-ed\._domainkey\.lists\.example\.org: is no private"
    ):
        composing.signing_keys(changed)
    broken.unlink()
    with pytest.raises(ConfigError, match="no such file"):
        composing.signing_keys(changed)
