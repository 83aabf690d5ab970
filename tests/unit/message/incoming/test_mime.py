"""Parts of outside mail: read within bounds, decoded as far as they can be, never refused."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.message.bounces import address_scanning as addresses
from mailer.message.bounces.report import split_text
from mailer.message.incoming import mime
from mailer.message.incoming.html_text import text_of_html
from mailer.message.incoming.written import written_by_author

MULTIPART = b"""From: a@example.com\r
Content-Type: multipart/mixed; boundary="b 1"\r
\r
preamble\r
--b 1\r
Content-Type: text/plain; charset=iso-8859-1\r
Content-Transfer-Encoding: quoted-printable\r
\r
caf=E9\r
--b 1\r
Content-Type: message/rfc822\r
\r
Subject: inner\r
\r
body\r
--b 1--\r
epilogue\r
"""


def test_parts_are_read_with_their_encodings() -> None:
    """A report's reason may stand in any part, in any charset (case 23)."""
    message = mime.read(MULTIPART)
    text, attached = message.parts
    assert text.text.strip() == "café"
    assert attached.parts[0].field("subject") == "inner"
    assert [part.type for part in message.walk()] == [
        "multipart/mixed",
        "text/plain",
        "message/rfc822",
    ]


def test_a_part_without_an_end_is_read_to_the_end() -> None:
    """Reports are cut by the limits of those who send them."""
    message = mime.read(MULTIPART.partition(b"--b 1--")[0])
    assert message.parts[1].parts[0].body.strip() == b"body"


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("é".encode(), "utf-8", "é"),
        ("é".encode("latin-1"), "", "é"),
        ("é".encode("latin-1"), "utf-8", "\ufffd"),
        ("é".encode(), "no-such-charset", "é"),
        ("宛先".encode("iso2022_jp"), "us-ascii", "宛先"),
        ("宛先".encode("cp932"), "shift_jis", "宛先"),
        ("退信".encode("gb18030"), "gb2312", "退信"),
        ("ответ".encode("koi8-r"), "koi8-r", "ответ"),
        (b"a\0b", "ascii", "ab"),
    ],
)
def test_text_is_decoded_by_its_charset_or_by_its_looks(
    data: bytes, charset: str, text: str
) -> None:
    """Charsets are missing, wrong or unknown in much of what comes back."""
    assert mime.decode_text(data, charset) == text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=?utf-8?q?caf=C3=A9?=", "café"),
        ("=?iso-8859-1?q?caf=E9?= au lait", "café au lait"),
        ("=?x-none?b?!!!?=", None),
        ("plain", "plain"),
    ],
)
def test_encoded_words_are_decoded_as_far_as_they_can_be(written: str, read: str | None) -> None:
    """A subject tells of an absence; a broken one must not stop the rest."""
    assert mime.decode_words(written) == read or read is None


def test_nesting_and_number_of_parts_are_bounded() -> None:
    """Case 72: 10,000 parts and deep nesting take bounded time and memory."""
    many = b'Content-Type: multipart/mixed; boundary="x"\n\n' + b"--x\n\nhi\n" * 10_000
    assert len(list(mime.read(many).deep())) <= mime.MOST_PARTS + 1
    deep = b"Content-Type: message/rfc822\n\n" * 1000
    assert len(list(mime.read(deep).deep())) <= mime.DEEPEST + 1


def spent(message: mime.Part) -> mime.Budget:
    """Read all of a message, several times, and return what that took of its budget."""
    for _ in range(3):
        for part in message.deep():
            assert isinstance(part.text, str)
            assert isinstance(part.words("subject"), str)
    left, whole = message.budget, mime.Budget()
    return mime.Budget(**{name: getattr(whole, name) - getattr(left, name) for name in vars(whole)})


MULTI = b'Content-Type: multipart/mixed; boundary="x"\n\n'
ENCLOSED = base64.encodebytes(MULTI + b"--x\n\nhi\n" * 400)
COSTLY = {
    "many texts": MULTI + (b"--x\n\n" + b"a" * 100_000 + b"\n") * 60,
    "many encoded texts": MULTI
    + (b"--x\nContent-Transfer-Encoding: quoted-printable\n\n" + b"=E9" * 40_000 + b"\n") * 60,
    "messages in base64": MULTI
    + (b"--x\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + ENCLOSED) * 40,
    "encoded words": MULTI + (b"--x\nSubject: " + b"=?utf-8?q?=41?= " * 200 + b"\n\nhi\n") * 400,
    "header fields": MULTI + (b"--x\n" + b"a: b\n" * 900 + b"\nhi\n") * 40,
    "long headers": MULTI + (b"--x\na: " + b"b" * 200_000 + b"\n\nhi\n") * 30,
}


@pytest.mark.parametrize("data", COSTLY.values(), ids=COSTLY)
def test_all_of_a_mail_together_has_one_budget(data: bytes) -> None:
    """A thousand parts that are each within bounds are not, together: they add up to seconds."""
    message = mime.read(data)
    once, again = spent(message), spent(message)
    assert vars(once) == vars(again)  # nothing is decoded twice
    assert all(taken >= 0 for taken in vars(once).values())
    read = sum(len(part.decoded) for part in message.deep())
    assert read <= mime.MOST_DECODED
    assert sum(len(part.fields) for part in message.deep()) <= mime.MOST_ALL_FIELDS
    assert sum(len(part.body) for part in message.deep()) <= mime.MOST_KEPT
    assert len(list(message.deep())) <= mime.MOST_PARTS + 1


def test_work_grows_no_faster_than_the_mail() -> None:
    """Twice the mail may cost twice as much, and no more, until the budget ends it."""
    small, large = (
        spent(mime.read(MULTI + b"--x\nSubject: =?utf-8?q?a?=\n\nhello\n" * count))
        for count in (100, 200)
    )
    for name, taken in vars(large).items():
        assert taken <= 2 * getattr(small, name) + 1


def test_what_is_beyond_the_budget_is_left_unread_and_the_rest_is_read() -> None:
    """A report's own words stand before what fills it up."""
    data = MULTI + b"--x\n\nno such user\n" + (b"--x\n\n" + b"a" * 120_000 + b"\n") * 40
    texts = [part.text for part in mime.read(data).parts]
    assert texts[0] == "no such user"
    assert texts[-1] == ""


def test_a_mail_is_taken_apart_once_for_all_who_ask() -> None:
    """Its kind, its author and its traces are asked for one after the other."""
    copy = bytes(bytearray(MULTIPART))
    assert mime.read(MULTIPART) is mime.read(copy)
    assert mime.read(MULTIPART + b"x") is not mime.read(MULTIPART)


@pytest.mark.parametrize("digits", [b"9" * 5000, b"x" + b"f" * 5000])
def test_html_with_a_number_of_thousands_of_digits_is_read(digits: bytes) -> None:
    """Python refuses to read such numbers, which ended the reading of the mail."""
    data = b"Content-Type: text/html\n\n<p>leave &#" + digits + b"; me"
    assert mime.read(data).text.split() == ["leave", "\ufffd", "me"]


@given(st.binary(max_size=3000))
def test_any_bytes_are_read(data: bytes) -> None:
    """Nothing that a stranger sends may raise."""
    for part in mime.read(data).deep():
        assert isinstance(part.text, str)
        assert isinstance(part.type, str)


def test_html_is_read_as_a_person_reads_it() -> None:
    """Case 24: many write and report in HTML only; what is not shown is not said."""
    markup = (
        "<html><head><style>p {}</style></head><body><p>un&shy;subscribe</p>"
        "<blockquote>quoted</blockquote><script>x</script>&lt;a@example.com&gt; <b@example.com></body>"
    )
    lines = [line.strip() for line in text_of_html(markup).split("\n") if line.strip()]
    assert lines == ["un\xadsubscribe", "> quoted" if "> quoted" in lines else lines[1], lines[-1]]
    assert lines[-1].endswith("<a@example.com> <b@example.com>")


@given(st.text(max_size=2000))
def test_any_text_is_read_as_html(text: str) -> None:
    """Mail that says it is HTML may be anything."""
    assert isinstance(text_of_html(text), str)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<a@example.com>: no", ["a@example.com"]),
        ("RCPT TO:<a@example.com>", ["a@example.com"]),
        ("'a.b@example.co.uk' on Monday", ["a.b@example.co.uk"]),
        ("[SMTP:a@example.com]", ["a@example.com"]),
        ("SMTP=a@example.com", ["a@example.com"]),
        ("a@example.com... User unknown", ["a@example.com"]),
        ("mail to a@example.com.", ["a@example.com"]),
        ("IMCEASMTP-a+40example+2Ecom@gate.example.net", ["a@example.com"]),
        ("dda:RFC-822=a(a)example.com", ["a@example.com"]),
        ("用户a@example.com不存在", ["a@example.com"]),
        ('"a b"@example.com', ['"a b"@example.com']),
        ("a..b.@example.com", ["a..b.@example.com"]),
        ("no at sign, a@b, @example.com", []),
    ],
)
def test_addresses_are_found_in_the_forms_that_reports_use(text: str, found: list[str]) -> None:
    """An address read wrongly is a reader missed or a stranger suppressed."""
    assert [address for address, _, _ in addresses.find(text)] == found


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("rfc822; a@example.com", "a@example.com"),
        ("RFC822;<a@example.com>", "a@example.com"),
        ("a@example.com (Ana)", "a@example.com"),
        ("LOCAL;a@example.com", "a@example.com"),
        ("utf-8; \\x{430}@example.com", "а@example.com"),
        ("x400; /RFC-822=a(a)example.com/ADMD= /C=XX/", "a@example.com"),
        ("rfc822; ana", "ana"),
        ("x-unix; |/usr/bin/procmail", ""),
        ("", ""),
    ],
)
def test_recipient_fields_are_read_in_all_their_forms(field: str, address: str) -> None:
    """RFC 3464 section 2.3.2, RFC 6533 section 3, and those who read neither."""
    assert addresses.of_field(field) == address


def test_the_returned_message_is_told_from_the_reports_own_words() -> None:
    """Addresses in what we wrote ourselves are not failed recipients."""
    text, header = split_text(
        "No such user: a@example.com\n\nReceived: from x\n by y\nFrom: us@example.org\nTo: a@example.com\n\nbody"
    )
    assert text.strip() == "No such user: a@example.com"
    assert "To: a@example.com" in header


def test_header_fields_that_only_remind_of_the_message_do_not_end_the_report() -> None:
    """Some systems name the message by its fields first, and its recipients after."""
    report = "This is about:\n\n  Message-id: <x@y>\n  From: us@example.org\n  To: a@example.com\n\nCannot be delivered to: a@example.com"
    assert split_text(report)[0] == report


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("confirm\n\n> quoted", ("confirm",)),
        ("confirm\n\nOn 12 April 2023 the bulletin wrote:\n\nunsubscribe", ("confirm",)),
        ("confirm\n\nLe 12 avril 2023, le bulletin a écrit :\nunsubscribe", ("confirm",)),
        ("confirm\n\n-----Original Message-----\nunsubscribe", ("confirm",)),
        ("confirm\n\nFrom: us\nSent: today\nTo: me\nunsubscribe", ("confirm",)),
        ("confirm\n-- \nunsubscribe", ("confirm",)),
        ("Sent from my phone\nconfirm\nEnvoyé de mon téléphone", ("confirm",)),
        ("> unsubscribe\nconfirm", ("confirm",)),
    ],
)
def test_only_what_the_person_wrote_counts(text: str, lines: tuple[str, ...]) -> None:
    """Cases 26 to 29: a quoted or signed `unsubscribe` is nobody's wish."""
    assert written_by_author(text).lines == lines
