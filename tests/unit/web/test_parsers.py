"""Parsers of strangers' bytes on the web: forms, languages, stamps, and the settings' URLs."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.clock import SimulatedClock
from mailer.domain.settings.networks import circles
from mailer.domain.settings.web_place import WebPlace, parse_network, parse_origin
from mailer.web.forms import proof_of_work as effort
from mailer.web.forms.fields import MULTIPART, URLENCODED, Fields, parse
from mailer.web.forms.stamps import Age, Stamps
from mailer.web.language import accepted
from mailer.web.problems import PageError
from support.service.small_campaign import SECRET, START

LANGUAGES = ("en", "fr", "es", "pt-BR", "zh-Hant")
TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
calm = settings(deadline=None)  # the machine may be busy
PAIRS = st.lists(st.tuples(TEXT.filter(bool), TEXT), max_size=20)


@calm
@given(PAIRS)
def test_urlencoded_forms_come_back_as_they_were_sent(pairs: list[tuple[str, str]]) -> None:
    """Names in every script."""
    fields = parse(f"{URLENCODED}; charset=UTF-8", urlencode(pairs).encode())
    for name, _ in pairs:
        assert list(fields.all(name)) == [value for other, value in pairs if other == name]
        assert fields.one(name) == fields.all(name)[0].strip()


NAMES = st.from_regex(r"[A-Za-z][A-Za-z-]{0,20}", fullmatch=True)


@calm
@given(st.lists(st.tuples(NAMES, TEXT.filter(lambda text: "--x" not in text)), max_size=20))
def test_multipart_forms_come_back_as_they_were_sent(pairs: list[tuple[str, str]]) -> None:
    """RFC 7578; mail programs may send their one click so."""
    body = b"".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in pairs
    )
    fields = parse(f"{MULTIPART}; boundary=x", body + b"--x--\r\n")
    for name, _ in pairs:
        assert list(fields.all(name)) == [value for other, value in pairs if other == name]


@calm
@given(st.text(max_size=60), st.binary(max_size=300))
def test_whatever_is_sent_is_a_form_or_is_refused(kind: str, body: bytes) -> None:
    """No body brings a page down."""
    for content_type in (kind, URLENCODED, f"{MULTIPART}; boundary=x", f"{MULTIPART};{kind}"):
        try:
            assert isinstance(parse(content_type, body), Fields)
        except PageError as error:
            assert error.status == 400  # noqa: PT017 - either is right


@pytest.mark.parametrize("kind", ["", "application/json", "text/plain", f"{MULTIPART}; boundary="])
def test_what_is_no_form_is_refused(kind: str) -> None:
    """JSON from a script of another site is no form of ours."""
    with pytest.raises(PageError):
        parse(kind, b"a=b")


def test_a_form_with_very_many_fields_is_refused() -> None:
    """Each costs memory and time."""
    with pytest.raises(PageError):
        parse(URLENCODED, b"&".join(b"a=b" for _ in range(101)))
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
    with pytest.raises(PageError):
        parse(f"{MULTIPART}; boundary=x", part * 101 + b"--x--\r\n")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr", "fr"),
        ("fr-CH,fr;q=0.9", "fr"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh", "zh-Hant"),
        ("EN-gb", "en"),
        ("de;q=1, es;q=0.2, fr;q=0.3", "fr"),
        ("en;q=0, *;q=0.5", "en"),
        ("es;q=0", ""),
        ("*", "en"),
        ("", ""),
        ("fr;q=2", ""),
        ("fr;q=0.5;level=1, es", "es"),
        (",,,es,,", "es"),
        ("x" * 5000 + ",fr", ""),
    ],
)
def test_language_is_chosen_as_the_browser_ranks_them(header: str, language: str) -> None:
    """RFC 9110 section 12.5.4, as browsers use it."""
    assert accepted(header, LANGUAGES) == language


@calm
@given(st.text(max_size=200))
def test_any_language_field_leads_to_a_language_of_ours_or_to_none(header: str) -> None:
    """A field that makes no sense must not make an error page."""
    assert accepted(header, LANGUAGES) in {*LANGUAGES, ""}


@calm
@given(st.permutations(LANGUAGES))
def test_the_first_that_is_wished_for_wins(wish: list[str]) -> None:
    """Equal weights: in the order in which they stand."""
    assert accepted(", ".join(wish), LANGUAGES) == wish[0]


@calm
@given(TEXT, TEXT)
def test_a_stamp_is_good_for_its_purpose_alone(one: str, other: str) -> None:
    """Otherwise a form could be taken for another."""
    stamps = Stamps(SECRET, SimulatedClock(START))
    stamp = stamps.make(one)
    assert stamps.age(one, stamp) is Age.GOOD
    if one != other:
        assert stamps.age(other, stamp) is Age.FALSE
    assert Stamps(bytes(32), SimulatedClock(START)).age(one, stamp) is Age.FALSE


@calm
@given(st.text(max_size=250))
def test_stamps_that_others_make_are_false(stamp: str) -> None:
    """A forged stamp must be refused, whatever it holds."""
    assert Stamps(SECRET, SimulatedClock(START)).age("subscribe", stamp) is Age.FALSE


def test_stamps_grow_old() -> None:
    """Too soon is a program, too late a page that was forgotten in a browser."""
    clock = SimulatedClock(START)
    stamps = Stamps(SECRET, clock)
    stamp, least = stamps.make("x"), timedelta(seconds=2)
    assert stamps.age("x", stamp, least=least) is Age.EARLY
    clock.advance(timedelta(seconds=3))
    assert stamps.age("x", stamp, least=least) is Age.GOOD
    clock.advance(timedelta(days=1))
    assert stamps.age("x", stamp, least=least) is Age.LATE
    future = Stamps(SECRET, SimulatedClock(START + timedelta(days=300))).make("x")
    assert stamps.age("x", future) is Age.LATE


@calm
@given(st.integers(0, 24), st.text(max_size=30))
def test_work_is_what_the_hash_says(bits: int, answer: str) -> None:
    """The page's script and this must agree; the script is tested in a browser."""
    good = effort.enough("stamp", "ana@example.org", answer, bits)
    if bits == 0:
        assert good
    elif good:
        found = hashlib.sha256(f"stamp:ana@example.org:{answer}".encode()).digest()
        assert int.from_bytes(found, "big") < 2 ** (256 - bits)
    else:
        assert not effort.enough("stamp", "ana@example.org", f"{answer}x", bits)


@calm
@given(st.ip_addresses())
def test_every_address_lies_in_its_circles(address: object) -> None:
    """The counters must meet again whoever comes again."""
    import ipaddress

    one, network = map(ipaddress.ip_network, circles(str(address)))
    mapped = getattr(address, "ipv4_mapped", None) or address
    assert mapped in one
    assert mapped in network


@calm
@given(st.text(max_size=60))
def test_any_client_has_circles(client: str) -> None:
    """A proxy may write anything into X-Forwarded-For."""
    assert all(circles(client))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("http://127.0.0.1:8080", WebPlace("127.0.0.1", 8080)),
        ("http://[::1]:0/", WebPlace("::1", 0)),
        ("http://localhost", WebPlace("localhost", 8080)),
        ("http:///run/mailer/web.sock", WebPlace(socket=Path("/run/mailer/web.sock"))),
    ],
)
def test_places_to_serve_at(text: str, place: WebPlace) -> None:
    """As operators write them; the name reads back to the same."""
    assert WebPlace.parse(text) == place
    assert WebPlace.parse(place.name) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "127.0.0.1:8080",
        "https://x:1",
        "http://",
        "http://x/path",
        "http://a@x",
        "http://x:99999",
    ],
)
def test_what_is_no_place_is_told_with_a_remedy(text: str) -> None:
    """The message is all that an operator sees."""
    with pytest.raises(ValueError, match=r".+; write it as http://"):
        WebPlace.parse(text)


@calm
@given(st.text(max_size=80))
def test_any_text_is_a_place_a_network_an_origin_or_an_error_in_words(text: str) -> None:
    """No setting brings the start down without words."""
    for reader in (WebPlace.parse, parse_network, parse_origin):
        try:
            reader(text)
        except ValueError as error:
            assert "; " in str(error)  # noqa: PT017 - either is right


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://WWW.example.org", "https://www.example.org"),
        ("https://www.example.org:443", "https://www.example.org"),
        ("http://localhost:3000", "http://localhost:3000"),
    ],
)
def test_origins_are_written_as_browsers_write_them(text: str, origin: str) -> None:
    """RFC 6454 section 6.2: else none would ever match."""
    assert parse_origin(text) == origin
