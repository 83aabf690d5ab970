"""Signing: what is covered, how it is canonicalised and written, and which keys may sign."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailer.content.rendering.rendered import Rendered, slot
from mailer.domain.access.token import Signer
from mailer.domain.settings.setting import UNSIGNED
from mailer.errors import ConfigError
from mailer.message.outgoing import headers
from mailer.message.outgoing.composing import (
    BODY,
    Recipient,
    Template,
    WireMessage,
    compile_message,
)
from mailer.message.outgoing.dkim import (
    OVERSIGNED,
    Key,
    Seal,
    canonical_fields,
    canonical_lines,
    load_key,
)
from mailer.message.outgoing.headers import Identity, Mailing

SIGNER = Signer(b"a secret of thirty-two octets ...")
NOW = datetime(2023, 4, 12, 7, 0, tzinfo=UTC)
MAILING = Mailing(campaign=42, topic="bulletin")
IDENTITY = Identity(
    sender_name="Secrétariat du Groupe",
    sender_address="bulletin@example.org",
    list_name="bulletin",
    list_domain="lists.example.org",
    list_title="Bulletin",
    public_url="https://bulletin.example.org",
)
ANA, BOB = Recipient(7, "ana@example.org"), Recipient(8, "bob@example.net")
ED25519 = ed25519.Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIMES = (
    107826667955889386146660661991689823314243044435751381903154407193447127448347,
    108531558582944443705089617407340151465061743646449341360130656602916325964043,
)
"""Of a toy RSA key of 512 bits."""


def pem(key: PrivateKeyTypes, lock: KeySerializationEncryption | None = None) -> bytes:
    """Write a private key as `mailer init` does."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock or NoEncryption())


KEYS = (
    load_key("lists.example.org", "mailer-ed", pem(ED25519)),
    load_key("lists.example.org", "mailer-rsa", pem(RSA)),
)


def template(
    source: str = "", *, keys: tuple[Key, ...] = KEYS, who: Identity = IDENTITY
) -> Template:
    """Compile a small edition whose bodies hold that text and all slots."""
    source += f"À {slot('address')} : {slot('leave_url')}\n{slot('preferences_url')}\n"
    edition = Rendered(
        language="fr",
        direction="ltr",
        subject="Bulletin – printemps 2023",
        preheader="",
        html=source,
        text=source,
        images=(),
        warnings=(),
    )
    return compile_message(edition, who, MAILING, SIGNER, keys)


def signatures(message: bytes) -> list[dict[str, str]]:
    """Read the tags of the signature fields, white space removed."""
    found = []
    for name, field in canonical_fields(message):
        if name == "dkim-signature":
            tags = field.decode().partition(":")[2].replace(" ", "").strip().split(";")
            found.append(dict(tag.split("=", 1) for tag in tags))
    return found


def fields_of(message: WireMessage) -> list[tuple[str, bytes]]:
    """List the header fields but the signatures, canonical."""
    fields = canonical_fields(message.content)
    return [field for field in fields if field[0] != "dkim-signature"]


def plainly_canonical(body: bytes) -> bytes:
    """Bring a whole body into the relaxed form, step by step as the standard tells it."""
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join([line + b"\r\n" for line in lines])


def test_the_standards_own_example_is_canonicalised_as_it_says() -> None:
    """RFC 6376 section 3.4.5: one octet off, and every signature fails everywhere."""
    fields = canonical_fields(b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\n")
    assert fields == [("a", b"a:X\r\n"), ("b", b"b:Y Z\r\n")]
    assert canonical_lines(b" C \r\nD \t E\r\n") == b" C\r\nD E\r\n"


@given(st.lists(st.text("ab =\t\x0b", max_size=8)), st.integers(0))
@example([" ", "", "\t"], 1)
def test_lines_are_canonical_each_for_itself(lines: list[str], at: int) -> None:
    """A body is canonicalised in pieces, once per language, and must come out as in one."""
    pieces = [f"{line}\r\n".encode() for line in lines]
    at %= len(pieces) + 1
    whole = canonical_lines(b"".join(pieces))
    assert whole == canonical_lines(b"".join(pieces[:at])) + canonical_lines(b"".join(pieces[at:]))
    assert canonical_lines(whole) == whole
    assert plainly_canonical(whole) == plainly_canonical(b"".join(pieces))


@settings(deadline=None)  # two signatures a time, on whatever machine
@given(st.text(st.sampled_from("a.= \t\né"), max_size=200), st.text("a'b", min_size=1, max_size=90))
def test_the_body_hash_is_that_of_the_whole_body(text: str, local: str) -> None:
    """It is made from a prefix hashed once and pieces prepared once; nothing may show of that."""
    message = template(text).fill(Recipient(7, f"{local[:64]}@example.org"), NOW)
    body = message.content.partition(b"\r\n\r\n")[2]
    digest = hashlib.sha256(plainly_canonical(body)).digest()
    assert {each["bh"] for each in signatures(message.content)} == {b64encode(digest).decode()}


def test_each_key_signs_and_says_what_it_is() -> None:
    """Ed25519 is not verified everywhere yet, RSA is: a message carries both (RFC 8463)."""
    ed, rsa_ = signatures(template().fill(ANA, NOW).content)
    assert list(ed) == ["v", "a", "c", "d", "s", "h", "t", "bh", "b"], "no l= among them"
    assert (ed["a"], rsa_["a"]) == ("ed25519-sha256", "rsa-sha256")
    assert (ed["s"], rsa_["s"]) == ("mailer-ed", "mailer-rsa")
    for each in (ed, rsa_):
        assert (each["v"], each["c"], each["d"]) == ("1", "relaxed/relaxed", "lists.example.org")
        assert each["t"] == str(int(NOW.timestamp()))


def verify(message: bytes) -> None:
    """Make the signed data anew, by the standard's own steps, and hold the signatures to it."""
    fields = canonical_fields(message)
    body = plainly_canonical(message.partition(b"\r\n\r\n")[2])
    for tags, raw in zip(signatures(message), fields, strict=False):
        assert b64decode(tags["bh"]) == hashlib.sha256(body).digest()
        left = [field for field in fields if field[0] != "dkim-signature"]
        data = b""
        for name in tags["h"].split(":"):
            found = next((field for field in reversed(left) if field[0] == name), None)
            if found is not None:
                left.reverse()
                left.remove(found)
                left.reverse()
                data += found[1]
        data += raw[1].rpartition(b" b=")[0] + b" b="
        signature = b64decode(tags["b"], validate=True)
        if tags["a"] == "rsa-sha256":
            RSA.public_key().verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        else:  # RFC 8463 section 3: the hash itself is signed
            ED25519.public_key().verify(signature, hashlib.sha256(data).digest())


def test_signatures_are_true() -> None:
    """Made anew without any short cut, the signed data must be what the keys signed."""
    content = template("a  b\t \n").fill(ANA, NOW).content
    verify(content)
    with pytest.raises(InvalidSignature):
        verify(content.replace(b"Bulletin", b"Bulletim"))


def test_fields_that_repeat_and_values_with_white_space_are_signed_true() -> None:
    """Our mail has neither yet; it is the kind of thing that is added without a thought of this."""
    shared = b"List-Help: <a>\r\nFrom: a@example.org\r\nX-Mood: fine\r\nLIST-HELP :\t<b>\r\n"
    body = [b"First  line\r\n", b"", b"=\r\n  last\t line \r\n"]
    seal = Seal(KEYS, ["Date", "X-Own", "To"], shared, body)
    own = b"Date: now\r\nX-Own: 1\r\n  2\r\nTo:  ana@example.org,\r\n\tbob@example.net \r\n"
    filled = [body[0], b"a  \t=\r\n b ", body[2]]
    message = seal.sign(own, filled, 1) + own + shared + b"\r\n" + b"".join(filled)
    verify(message)
    assert not any("x-" in each["h"] for each in signatures(message)), "these matter to nobody"


def test_all_that_matters_is_signed_and_what_must_stay_single_is_named_once_more() -> None:
    """A second Subject that a program shows instead of ours must break the signature."""
    message = template().fill(ANA, NOW)
    present = Counter(name for name, _ in fields_of(message))
    unsigned = {"precedence", "x-auto-response-suppress"}
    expected = Counter({name: n for name, n in present.items() if name not in unsigned})
    expected.update(OVERSIGNED)
    for each in signatures(message.content):
        assert Counter(each["h"].split(":")) == expected
    assert {"list-unsubscribe", "list-unsubscribe-post", "feedback-id"} <= set(present)
    assert {"cfbl-address", "cfbl-feedback-id"} <= set(present)  # RFC 9477 section 3.1
    for absent in ("reply-to", "cc", "sender", "auto-submitted", "content-transfer-encoding"):
        assert expected[absent] == 1, "none is there, and none may be added"
    assert set(present) - unsigned - set(OVERSIGNED) == {"feedback-id"}
    assert expected["from"] == 2


UNSIGNABLE = ["date", "message-id", "mime-version", "list-id"]


@pytest.mark.parametrize("names", [["message-id", "date"], UNSIGNABLE])
def test_what_a_relay_writes_anew_can_be_left_out_and_nothing_else_is(names: list[str]) -> None:
    """A signature that covers what Amazon SES replaces fails at every receiver."""
    keys = tuple(replace(key, leaves_out=frozenset(names)) for key in KEYS)
    full = signatures(template().fill(ANA, NOW).content)
    content = template(keys=keys).fill(ANA, NOW).content
    verify(content)
    for each, before in zip(signatures(content), full, strict=True):
        left = Counter(before["h"].split(":")) - Counter(each["h"].split(":"))
        assert left == Counter(dict.fromkeys(names, 2))


def test_from_is_never_left_out() -> None:
    """RFC 6376 section 5.4: without it a signature says nothing, and receivers refuse it."""
    with pytest.raises(ValueError, match="does not cover From"):
        load_key("example.org", "a", pem(ED25519), frozenset({"from"}))


def test_what_the_settings_let_be_left_out_is_signed_else_and_harmless() -> None:
    """RFC 8058 section 4, RFC 9477 section 3.1: leaving and complaining rest on the signature."""
    assert {*OVERSIGNED, "feedback-id"} >= set(UNSIGNED)
    kept = set(OVERSIGNED) - set(UNSIGNED)
    assert kept >= {"from", "to", "cc", "subject", "reply-to", "content-type"}
    assert kept >= {"list-unsubscribe", "list-unsubscribe-post"}
    assert kept >= {"cfbl-address", "cfbl-feedback-id"}


def test_an_answer_address_is_signed_where_there_is_one() -> None:
    """Answers that go elsewhere are what a forger wants first."""
    who = replace(IDENTITY, reply_to="secretariat@example.org")
    for each in signatures(template(who=who).fill(ANA, NOW).content):
        assert each["h"].split(":").count("reply-to") == 2


def test_a_delivery_writes_the_fields_that_are_signed_as_its_own() -> None:
    """They are signed by their place: a name in the wrong one would spoil every signature."""
    parts = template().fill(ANA, NOW).parts
    names = [line.partition(b":")[0] for line in re.split(rb"\r\n(?! )", parts[1])]
    assert names == [*(name.encode() for name in headers.OWN), b""]


def test_signatures_stand_on_top_in_lines_that_every_relay_keeps() -> None:
    """A relay that folds a long line anew may do so in the wrong place."""
    message = template().fill(ANA, NOW)
    assert message.content.startswith(b"DKIM-Signature: v=1; a=ed25519-sha256;")
    lines = message.parts[0].split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert lines.pop() == b""
    assert [line[:1] for line in lines].count(b"D") == 2
    assert all(line.startswith((b"DKIM-Signature: ", b" ")) for line in lines)
    assert message.size == len(message.content)


def test_the_longest_names_fit_too() -> None:
    """A domain of 253 octets is rare, and no reason to fail."""
    name = ".".join(["x" * 61] * 4)
    key = load_key(name, "s" * 63, pem(ED25519))
    message = template(keys=(key,)).fill(ANA, NOW)
    assert max(map(len, message.content.split(b"\r\n"))) < 998
    assert signatures(message.content)[0]["d"] == name


def test_the_same_delivery_is_signed_the_same() -> None:
    """Law 3: a repeat after a crash must be recognisable as one, to the octet."""
    shared = template()
    first, other = shared.fill(ANA, NOW).content, shared.fill(BOB, NOW).content
    assert first == shared.fill(ANA, NOW).content == template().fill(ANA, NOW).content
    assert first.splitlines()[:12] != other.splitlines()[:12]


def test_without_keys_nothing_else_changes() -> None:
    """Some leave signing to their relay, and a signature is all that a key adds."""
    unsigned = template(keys=()).fill(ANA, NOW)
    signed = template().fill(ANA, NOW)
    assert unsigned.parts[0] == b""
    assert unsigned.parts[1:] == signed.parts[1:]


def test_signing_leaves_the_shared_pieces_shared() -> None:
    """The canonical form is for the hash alone; what goes out is compiled once for all."""
    shared = template()
    ana, bob = shared.fill(ANA, NOW).parts, shared.fill(BOB, NOW).parts
    assert all(a is b for a, b in zip(ana[BODY::2], bob[BODY::2], strict=True))


@pytest.mark.parametrize("bits", [1024, 4096])
def test_rsa_keys_of_any_length_that_verifiers_take_may_sign(bits: int) -> None:
    """RFC 8301 section 3.2; a list that has such a key published need not make another."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    message = template(keys=(load_key("example.org", "old", pem(key)),)).fill(ANA, NOW)
    assert len(b64decode(signatures(message.content)[0]["b"])) == bits // 8


def toy_rsa() -> rsa.RSAPrivateKey:
    """Make an RSA key that anybody can break."""
    p, q = PRIMES
    d = pow(65537, -1, (p - 1) * (q - 1))
    hints = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
    numbers = rsa.RSAPrivateNumbers(p, q, d, *hints, rsa.RSAPublicNumbers(65537, p * q))
    return numbers.private_key()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no private key in PEM"),
        (pem(ED25519)[:60], "is no private key in PEM"),
        (pem(ED25519, BestAvailableEncryption(b"secret")), "without a password"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "is neither Ed25519 nor RSA of 1024"),
        (pem(toy_rsa()), "is neither Ed25519 nor RSA of 1024 to 4096 bits; make one with"),
    ],
    ids=["nothing", "cut off", "behind a password", "of another kind", "too small"],
)
def test_a_key_that_cannot_sign_is_told_before_anything_is_sent(content: bytes, said: str) -> None:
    """Found at the first message it would be a campaign that stands still."""
    with pytest.raises(ConfigError, match=rf"^the key a\._domainkey\.example\.org: .*{said}"):
        load_key("example.org", "a", content)
