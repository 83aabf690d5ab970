"""The messages that a reader's mail system gets, captured in a demo and read octet by octet."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import parseaddr
from functools import cached_property
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from babel import Locale

from mailer.demo import maildir
from mailer.demo.maildir import Captured
from mailer.demo.run import EDITION
from mailer.domain.access.token import Signer
from mailer.domain.subscribers.address import key_of
from mailer.message.outgoing.verp import ReturnPath
from support.patience import PATIENCE

pytestmark = pytest.mark.acceptance

LANGUAGES = ("en", "es", "fr")
EACH_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)
LARGEST_HTML = 102 * 1024
"""Octets: beyond, Gmail cuts a message off."""
MOST_NAMED_OTHERWISE = 5
"""Members whose name in the organization is not that of CLDR."""
OWN_BLOCKS = {"announcement", "box", "call", "coordinator", "dates", "interview"}
"""Containers whose opening line ends with a heading."""


class Mail:
    """One captured message, taken apart once."""

    def __init__(self, captured: Captured) -> None:
        self.captured = captured
        self.content = captured.content
        self.message: EmailMessage = captured.parsed()

    def body(self, kind: str) -> str:
        """Return the text of the part of that kind."""
        part = self.message.get_body((kind,))
        assert part is not None
        return str(part.get_content())

    @cached_property
    def page(self) -> Page:
        """Return the HTML part, read."""
        return Page(self.body("html"))


class Page(HTMLParser):
    """The tags and the visible text of an HTML part."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._text: list[str] = []
        self._hidden = 0
        self.feed(html)
        self.text = squeezed(" ".join(self._text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        self._hidden += tag in {"style", "script", "title"}

    def handle_endtag(self, tag: str) -> None:
        """Leave a part that nobody sees."""
        self._hidden -= tag in {"style", "script", "title"}

    def handle_data(self, data: str) -> None:
        """Note text."""
        if not self._hidden:
            self._text.append(data)

    def all(self, tag: str) -> Iterator[dict[str, str | None]]:
        """Yield the attributes of each tag of that name."""
        return (attributes for name, attributes in self.tags if name == tag)


def squeezed(text: str) -> str:
    """Return a text with single spaces, whatever kind they were."""
    return " ".join(text.split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo's folder, after sixty readers got the edition."""
    made: Path = tmp_path_factory.mktemp("demo") / "data"
    home = tmp_path_factory.mktemp("home")
    mailer = Path(sys.executable).with_name("mailer")
    subprocess.run(
        [mailer, "demo", "--once", "--recipients", "60", "--data", made],
        env={"HOME": str(home), "PATH": os.defpath},
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    return made


@pytest.fixture(scope="module")
def mails(folder: Path) -> list[Mail]:
    """Return all that was captured."""
    return [Mail(captured) for captured in maildir.read(folder / "mail")]


@pytest.fixture(scope="module")
def first(mails: list[Mail]) -> dict[str, Mail]:
    """One message for each language."""
    found: dict[str, Mail] = {}
    for mail in mails:
        found.setdefault(mail.captured.language, mail)
    assert sorted(found) == list(LANGUAGES)
    return found


def test_each_reader_gets_the_language_of_their_choice(folder: Path, mails: list[Mail]) -> None:
    """Law 1: one language each, the one that stands beside the address in the secretariat's file."""
    with (folder / "readers.csv").open(encoding="utf-8", newline="") as file:
        chosen = {key_of(row["address"]): row["language"] for row in csv.DictReader(file)}
    assert len(mails) == 57
    for mail in mails:
        assert mail.captured.language == chosen[key_of(mail.captured.recipient)]
        (html,) = mail.page.all("html")
        assert html["lang"] == mail.captured.language


def test_parsers_find_nothing_to_complain_of(mails: list[Mail]) -> None:
    """A defect is where two programs read a message differently, and one of them is a filter."""
    for mail in mails:
        for part in mail.message.walk():
            assert not part.defects
            for name, value in part.items():
                if name == "To" and not mail.captured.recipient.isascii():
                    continue  # the standard library calls RFC 6532 a defect
                assert not getattr(value, "defects", ()), f"{name}: {value}"


def test_octets_pass_every_relay(mails: list[Mail]) -> None:
    """7-bit, lines of at most 998 octets, each ended by CRLF (RFC 5321, 4.5.3.1.6; RFC 5322, 2.3).

    Only the header of an address that needs SMTPUTF8 may hold UTF-8 (RFC 6532).
    """
    international = 0
    for mail in mails:
        header, _, body = mail.content.partition(b"\r\n\r\n")
        if mail.captured.recipient.isascii():
            assert header.isascii()
        else:
            international += 1
            header.decode()
        assert body.isascii()
        assert b"\0" not in mail.content
        assert mail.content.endswith(b"\r\n")
        lines = mail.content.split(b"\r\n")
        assert max(map(len, lines)) <= 998
        assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert international == 1


def test_headers_say_who_sends_and_how_to_leave(folder: Path, mails: list[Mail]) -> None:
    """Mailbox providers ask for these (RFC 2369, 2919), and readers' programs make buttons of them."""
    told = tomllib.loads((folder / "mailer.toml").read_text())
    names, pages = told["sender_name"], re.escape(told["public_url"])
    for mail in mails:
        fields = mail.message
        assert parseaddr(str(fields["From"])) == (
            names[mail.captured.language],
            "bulletin@lists.example.org",
        )
        assert key_of(parseaddr(str(fields["To"]))[1]) == key_of(mail.captured.recipient)
        assert "<bulletin.lists.example.org>" in fields["List-Id"]
        assert re.fullmatch(
            rf"<{pages}/leave/([a-z0-9-]+)>, "
            r"<mailto:bulletin-leave\+\1@lists\.example\.org\?subject=leave>",
            fields["List-Unsubscribe"],
        )
        assert fields["List-Help"]
        assert fields["MIME-Version"] == "1.0"
        assert "12 Apr 2023" in fields["Date"]
        for name in ("From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe"):
            assert len(fields.get_all(name, [])) == 1


def test_message_ids_and_ways_to_leave_are_each_readers_own(mails: list[Mail]) -> None:
    """A link that two readers share would let one of them unsubscribe the other."""
    for name in ("Message-ID", "List-Unsubscribe"):
        assert len({str(mail.message[name]) for mail in mails}) == len(mails)


def test_bounces_lead_back_to_their_delivery(folder: Path, mails: list[Mail]) -> None:
    """The envelope sender is signed and fits the 64 octets of a local part (RFC 5321, 4.5.3.1.1)."""
    secret = bytes.fromhex((folder / "data" / "secret.key").read_text().strip())
    path = ReturnPath("bulletin", "lists.example.org", Signer(secret))
    sources = [path.read(mail.captured.sender) for mail in mails]
    assert len({source.mailing for source in sources if source is not None}) == 1
    assert len(set(sources)) == len(mails)
    assert all(len(mail.captured.sender.rpartition("@")[0]) <= 64 for mail in mails)
    stranger = ReturnPath(
        "bulletin", "lists.example.org", Signer(b"another key, 32 octets of text!!")
    )
    assert not any(stranger.read(mail.captured.sender) for mail in mails)


@EACH_LANGUAGE
def test_every_section_of_the_edition_is_there_twice(first: dict[str, Mail], language: str) -> None:
    """A section lost on the way would be missed by readers only; both parts must hold them all."""
    mail = first[language]
    text, html = squeezed(mail.body("plain")), mail.page.text
    wanted = list(headings(language))
    assert len(wanted) >= 20
    for heading in wanted:
        assert heading in text, heading
        assert heading in html, heading


@EACH_LANGUAGE
def test_the_dates_stand_in_the_readers_language(first: dict[str, Mail], language: str) -> None:
    """The year's five dates and three deadlines: what many readers open the bulletin for."""
    calendar: dict[str, Any] = tomllib.loads((EDITION / "calendar.toml").read_text())
    days = [entry["start"] for entry in calendar["entry"]]
    assert len(days) >= 6
    text, html = squeezed(first[language].body("plain")), first[language].page.text
    months = Locale.parse(language).months["format"]["wide"]
    for day in days:
        written = re.compile(rf"(?<!\d){day.day}(?:er)? (?:de )?{months[day.month]}\b")
        assert written.search(text), day
        assert written.search(html), day


@EACH_LANGUAGE
def test_all_members_are_named(first: dict[str, Mail], language: str) -> None:
    """Ninety-four members read whether they are among them, and under which name."""
    codes = tomllib.loads((EDITION / "members.toml").read_text())["codes"]
    assert len(codes) == 94
    names = Locale.parse(language).territories
    for body in (squeezed(first[language].body("plain")), first[language].page.text):
        missing = [code for code in codes if names[code].split(" (")[0] not in body]
        assert len(missing) <= MOST_NAMED_OTHERWISE, missing


@EACH_LANGUAGE
def test_text_is_written_for_terminals(first: dict[str, Mail], language: str) -> None:
    """Lines under 78 characters; a link may be longer, because a broken link is worse."""
    mail = first[language]
    assert mail.message.get_body(("plain",)) is not None
    for line in mail.body("plain").splitlines():
        assert len(line) < 78 or "://" in line or line.startswith("mailto:"), line
        assert "<" not in line
        assert not re.search(r"&[a-z#0-9]+;|{{|}}|\ue000|\ue001", line)


@EACH_LANGUAGE
def test_pages_are_accessible(first: dict[str, Mail], language: str) -> None:
    """Screen readers need the language, the direction, a title, headings and words for images."""
    page = first[language].page
    (html,) = page.all("html")
    assert (html["lang"], html["dir"]) == (language, "ltr")
    assert "<title>" in first[language].body("html")
    assert all(table.get("role") in {"presentation", "none"} for table in page.all("table"))
    images = list(page.all("img"))
    assert len(images) == 4
    assert all((image.get("alt") or "").strip() for image in images)
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@EACH_LANGUAGE
def test_pages_load_nothing_from_elsewhere(
    folder: Path, first: dict[str, Mail], language: str
) -> None:
    """Remote content tells its owner who reads it; so images come with the message."""
    mail = first[language]
    html = mail.body("html")
    carried = {
        str(part["Content-ID"]).strip("<>") for part in mail.message.walk() if part["Content-ID"]
    }
    sources = [
        value or ""
        for _, attributes in mail.page.tags
        for name, value in attributes.items()
        if name in {"src", "srcset", "background", "poster"}
    ]
    assert {source.removeprefix("cid:") for source in sources} == carried
    assert not re.search(r"url\(|@import|@font-face", html)
    assert not {"link", "script", "iframe", "object", "embed", "form"} & {
        tag for tag, _ in mail.page.tags
    }
    links = [attributes.get("href") or "" for attributes in mail.page.all("a")]
    assert links
    places = {f"#{attributes['id']}" for _, attributes in mail.page.tags if "id" in attributes}
    pages = tomllib.loads((folder / "mailer.toml").read_text())["public_url"]
    known = ("https://", "mailto:", f"{pages}/")
    assert all(link.startswith(known) or link in places for link in links)
    assert f"{pages}/{language}/calendar" in links


@EACH_LANGUAGE
def test_pages_are_light_enough_not_to_be_cut(first: dict[str, Mail], language: str) -> None:
    """Gmail cuts HTML after 102 KB, and with it the way to leave."""
    assert len(first[language].body("html").encode()) < LARGEST_HTML


def headings(language: str) -> Iterator[str]:
    """Yield the headings of the edition in a language, from its source, in plain words."""
    source = (EDITION / f"{language}.md").read_text(encoding="utf-8")
    standing = {}
    for name in re.findall(r"^:{3,} standing (\S+)", source, re.MULTILINE):
        text = (EDITION / "standing" / f"{name}.{language}.md").read_text(encoding="utf-8")
        standing[name] = re.findall(r'^title = "(.*)"', text, re.MULTILINE)[0]
    yield from map(plain, standing.values())
    for heading in re.findall(r"^#{2,4} (.*)$", source, re.MULTILINE):
        yield plain(heading)
    for kind, title in re.findall(r"^:{3,} (\w+) (.+)$", source, re.MULTILINE):
        if kind in OWN_BLOCKS:
            yield plain(title)


def plain(markdown: str) -> str:
    """Remove marks of emphasis from a heading."""
    return squeezed(re.sub(r"[*_`]", "", markdown))
