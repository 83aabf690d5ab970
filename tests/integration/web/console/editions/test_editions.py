"""The pages of editions, pressed as a secretary does."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any, Final

import anyio
import httpx
import pytest
from PIL import Image

from mailer.domain.access.rights import Role
from mailer.services.editions import library
from mailer.services.editions.drafts import beginning, keeping, reading, writing
from mailer.store.drafts import records
from mailer.store.server.connection import Store
from support.places import ROOT
from support.service.console import FIREFOX, Browser, add_user
from support.service.web_service import BASE, WebService

SPRING: Final = ROOT / "mailer" / "demo" / "spring-2023"
JSON: Final = {"Accept": "application/json"}
EVIL: Final = '<script>alert(1)</script><img src=x onerror="alert(2)">"\'&'


class Office:
    """A web service with the spring edition as draft 1, and a browser that has signed in."""

    def __init__(self, store: Store, data_dir: Path, role: Role = Role.EDITOR) -> None:
        """Sign in as an editor, by default."""
        self.web = WebService(store, data_dir)
        self.desk = self.web.site.desk
        self.role = role
        self.browser = self.as_user("ada@example.org", role, "Ada")

    def as_user(self, address: str, role: Role = Role.EDITOR, name: str = "Bea") -> Browser:
        """Sign somebody in, in a browser of their own."""
        add_user(self.web, address, role, name)
        browser = Browser(self.web)
        browser.sign_in(address)
        return browser

    def begin(self) -> int:
        """Begin a draft from the spring edition."""
        return beginning.from_folder(self.desk, SPRING).number

    def text(self, path: str = "en.md", number: int = 1) -> str:
        """Return a text as it is."""
        return reading.opened(self.desk, number).texts[path].text


@pytest.fixture
def office(store: Store, data_dir: Path) -> Office:
    """Return an office with a draft."""
    office = Office(store, data_dir)
    office.begin()
    return office


def upload(
    browser: Browser, path: str, fields: Mapping[str, str], files: Mapping[str, Any]
) -> httpx.Response:
    """Send a form with files."""
    stamp = browser.stamp(path)
    target = fields.get("to", path)
    form = {"stamp": stamp, **{name: text for name, text in fields.items() if name != "to"}}

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(browser.web.app, client=(browser.client, 40000))
        headers = {"User-Agent": FIREFOX, "Origin": BASE}
        async with httpx.AsyncClient(
            transport=transport, base_url=BASE, cookies=browser.cookies, headers=headers
        ) as asking:
            return await asking.post(target, data=form, files=files)

    return anyio.run(asked)


def png() -> bytes:
    """Make a small picture."""
    file = io.BytesIO()
    Image.new("RGB", (60, 30), "navy").save(file, "PNG")
    return file.getvalue()


def test_an_empty_list_says_how_to_begin(store: Store, data_dir: Path) -> None:
    """Nobody is left before a blank page."""
    office = Office(store, data_dir)
    page = office.browser.get("/console/editions").text
    assert "No edition yet" in page
    assert 'href="/console/editions/new"' in page


def test_an_edition_is_begun_written_checked_and_put_into_the_library(office: Office) -> None:
    """The way of every quarter, without a script."""
    browser = office.browser
    begun = browser.press(
        "/console/editions/new", origin="#1", date="2026-12-01", slug="winter-2026"
    )
    assert begun.headers["location"] == "/console/editions/2/facts"
    page = browser.get("/console/editions/2/facts").text
    assert 'value="December 2026"' in page
    fields = dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', page))
    fields |= {f"subject-{code}": f"Winter {code}" for code in ("en", "fr", "es")}
    saved = browser.post("/console/editions/2/facts", {k: unescape(v) for k, v in fields.items()})
    assert saved.headers["location"] == "/console/editions/2", saved.text
    text = office.text(number=2).replace("## ", "## Winter: ", 1)
    browser.press(
        "/console/editions/2",
        "/console/editions/2/text/en",
        base="1",
        text=text.replace("\n", "\r\n"),
    )
    assert office.text(number=2) == text
    page = browser.get("/console/editions/2").text
    assert "Saved." in page
    assert "1 stale" in page  # the section's French has not followed
    assert "Nothing to mend" not in browser.get("/console/editions/2/check").text
    done = browser.press("/console/editions/2", "/console/editions/2/publish")
    assert done.headers["location"] == "/console/editions/2", done.text
    assert library.digest_of(office.web.store, "winter-2026")
    assert "in the library" in browser.get("/console/editions").text


def test_a_name_that_is_taken_leaves_the_form_as_it_was(office: Office) -> None:
    """What was typed is not typed again."""
    refused = office.browser.press(
        "/console/editions/new", origin="-", date="2026-12-24", slug="spring-2023"
    )
    assert refused.status_code == 422
    assert 'href="#slug"' in refused.text
    assert 'value="2026-12-24"' in refused.text
    assert '<option value="-" selected>' in refused.text


def test_a_script_is_told_what_became_of_its_save(office: Office) -> None:
    """Saved, merged with what somebody else wrote, or for a person to decide."""
    ada, bea = office.browser, office.as_user("bea@example.org")
    path, at = "/console/editions/1/text/en", "/console/editions/1"
    text = office.text()
    first = ada.post(
        path,
        {
            "stamp": ada.stamp(at),
            "base": 1,
            "text": text + "\nAda.\n",
            "save": "a" * 32,
            "typed": 1,
        },
        **JSON,
    ).json()
    assert (first["outcome"], first["revision"], first["yours"]) == ("saved", 2, 2)
    stamp = bea.stamp(at)
    theirs = text.replace("+++\n", "+++\n", 1).replace("preheader = ", "preheader =  ", 1)
    merged = bea.post(path, {"stamp": stamp, "base": 1, "text": theirs}, **JSON).json()
    assert (merged["outcome"], merged["by"]) == ("merged", "Ada")
    assert "Ada." in merged["text"]
    assert "preheader =  " in merged["text"]
    clash = bea.post(path, {"stamp": stamp, "base": 1, "text": text + "\nBea.\n"}, **JSON).json()
    assert clash["outcome"] == "conflict"
    page = bea.get(clash["choose"]).text
    assert "<del>Ada</del>" in page
    assert "<ins>Bea</ins>" in page
    assert "Ada." in office.text()
    assert "Bea." not in office.text()


def test_without_a_script_a_conflict_is_a_page_with_both_texts(office: Office) -> None:
    """And what is chosen there is saved."""
    at, path = "/console/editions/1", "/console/editions/1/text/en"
    text = office.text()
    office.browser.press(at, path, base="1", text=text + "\nAda.\n")
    bea = office.as_user("bea@example.org")
    sent = bea.press(at, path, base="1", text=text + "\nBea.\n")
    assert sent.headers["location"].startswith("/console/editions/1/clash/en?aside=3")
    page = bea.get(sent.headers["location"]).text
    base = re.findall(r'name="base" value="(\d+)"', page)[0]
    areas = re.findall(r'name="text"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    both = unescape(areas[0])
    assert "Ada." in both
    assert "Bea." in both
    bea.press(at, path, base=base, text=both)
    assert office.text().count("Ada.") == office.text().count("Bea.") == 1


def test_a_text_that_cannot_be_kept_is_given_back(office: Office) -> None:
    """Somebody sent or removed the edition while it was being written."""
    stamp = office.browser.stamp("/console/editions/1")
    keeping.remove(office.desk, 1)
    for headers, words in (({}, "my words"), (JSON, "in the bin")):
        answer = office.browser.post(
            "/console/editions/1/text/en",
            {"stamp": stamp, "base": 1, "text": "my words"},
            **headers,
        )
        assert answer.status_code == 409
        assert words in answer.text
    big = office.browser.post(
        "/console/editions/1/text/en", {"stamp": stamp, "base": 1, "text": "x" * 600_000}
    )
    assert big.status_code == 422
    assert "x" * 1000 in big.text


def test_a_preview_runs_nothing_and_loads_nothing(office: Office) -> None:
    """An edition's text is a stranger's as far as the console is concerned."""
    text = office.text() + f"\n## {EVIL}\n\n{EVIL}\n"
    writing.save(office.desk, 1, "en.md", 1, text)
    for form in ("wide", "dark", "narrow", "text", "page"):
        seen = office.browser.get(f"/console/editions/1/seen/en?form={form}")
        assert seen.status_code == 200
        policy = seen.headers["content-security-policy"]
        assert policy.startswith("sandbox allow-same-origin; default-src 'none'")
        assert "script-src" not in policy
        assert "frame-ancestors 'self'" in policy
        if form != "text":
            assert "<script>alert" not in seen.text
            assert "<img src=x" not in seen.text
    page = office.browser.get("/console/editions/1?language=en")
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert "<script>alert" not in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]


def test_a_text_that_cannot_be_read_yet_says_why_in_place_of_the_preview(office: Office) -> None:
    """In the middle of a block there is nothing to show, and no error page either."""
    writing.save(office.desk, 1, "en.md", 1, office.text() + f"\n::: box {EVIL}\n")
    seen = office.browser.get("/console/editions/1/seen/en")
    assert seen.status_code == 200
    assert "There is nothing to show yet" in seen.text
    assert "<script>alert" not in seen.text
    page = office.browser.get("/console/editions/1/check").text
    line = office.text().count("\n")
    way = f"?language=en&amp;line={line}&amp;beside=check#text-en"
    assert way in page
    assert way in office.browser.get("/console/editions/1?language=en&beside=check").text
    assert "<script>alert" not in page


def test_a_picture_is_added_with_its_texts(office: Office) -> None:
    """What is missing is said at its field, and what was typed stays."""
    path = "/console/editions/1/pictures"
    alts = {"alt-en": "A dot.", "alt-fr": "Un point.", "alt-es": ""}
    files = {"picture": (f"{EVIL}.png", png(), "image/png")}
    refused = upload(office.browser, path, alts, files)
    assert refused.status_code == 422
    assert 'href="#alt-es"' in refused.text
    assert 'value="Un point."' in refused.text
    done = upload(office.browser, path, alts | {"alt-es": "Un punto.", "insert": "1"}, files)
    assert done.status_code == 303, done.text
    assert "alt: Un punto." in office.text("es.md")
    [new] = [one for one in reading.opened(office.desk, 1).files if "script" in one]
    shown = office.browser.get(f"/console/editions/1/{new}")
    assert shown.headers["content-type"] == "image/png"
    assert "alert(2)" not in office.browser.get(path).text
    svg = {"picture": ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png")}
    assert "SVG" in upload(office.browser, path, alts | {"alt-es": "x"}, svg).text
    office.browser.press(path, f"{path}/remove", file=new)
    page = office.browser.get(path).text
    assert "was taken out" in page
    assert office.browser.press(path, f"{path}/back", file=new).status_code == 303
    assert new in reading.opened(office.desk, 1).files


def test_history_compares_and_restores(office: Office) -> None:
    """What somebody wrote by mistake is undone in two presses."""
    writing.save(office.desk, 1, "en.md", 1, office.text() + "\nBy mistake.\n")
    path = "/console/editions/1/history"
    page = office.browser.get(f"{path}?file=en.md&old=1&new=2").text
    assert "<ins>By mistake.</ins>" in page
    office.browser.press(path, "/console/editions/1/restore", file="en.md", revision="1")
    assert "By mistake." not in office.text()
    office.browser.press(path, "/console/editions/1/name", file="en.md", note="Before the Chair")
    assert "Before the Chair" in office.browser.get(path).text
    empty = office.browser.press(path, "/console/editions/1/name", file="en.md", note=" ")
    assert empty.status_code == 422


def test_the_folder_goes_out_and_comes_in_again(office: Office) -> None:
    """Octet by octet."""
    packed = office.browser.get("/console/editions/1/archive")
    assert packed.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(packed.content)) as folder:
        assert folder.read("spring-2023/fr.md") == (SPRING / "fr.md").read_bytes()
    files = {"archive": ("spring.zip", packed.content, "application/zip")}
    form = {"to": "/console/editions/import"}
    taken = upload(office.browser, "/console/editions/new", form, files)
    assert taken.headers["location"] == "/console/editions/2"
    both = [records.contents(office.web.store, number)[2] for number in (1, 2)]
    assert both[0] == both[1]
    bad = upload(
        office.browser, "/console/editions/new", form, {"archive": ("x.zip", b"none", "a/b")}
    )
    assert bad.status_code == 422
    assert 'href="#archive"' in bad.text


def test_a_draft_is_removed_and_taken_back(office: Office) -> None:
    """At once, with an Undo that lasts a month."""
    browser = office.browser
    browser.press("/console/editions/1", "/console/editions/1/remove")
    page = browser.get("/console/editions").text
    assert 'action="/console/editions/1/recover"' in page
    assert "One draft in the bin" in page
    browser.press("/console/editions/bin", "/console/editions/1/recover")
    assert "Spring 2023" in browser.get("/console/editions").text


def test_whoever_may_only_read_sees_no_button_and_is_refused(store: Store, data_dir: Path) -> None:
    """The act refuses what the page does not show."""
    office = Office(store, data_dir, Role.READER)
    office.begin()
    page = office.browser.get("/console/editions/1?language=fr").text
    assert "data-editor" not in page
    assert "/publish" not in page
    assert "readonly" in page
    for form in ("text/en", "publish", "remove", "restore", "pictures", "facts"):
        sent = office.browser.press("/console/editions/1", f"/console/editions/1/{form}", text="x")
        assert sent.status_code in {403, 422}, form
    assert office.text().startswith("+++")


def test_others_who_write_are_named(office: Office) -> None:
    """By their names, escaped, with the language."""
    evil = office.as_user("evil@example.org", name="<b>Eve</b>")
    evil.press("/console/editions/1", "/console/editions/1/present", language="fr")
    page = office.browser.get("/console/editions/1").text
    assert "&lt;b&gt;Eve&lt;/b&gt; is writing French" in page


@pytest.mark.parametrize("path", ["/99", "/1/clash/en", "/1/images/none.png", "/1/seen/xx"])
def test_what_is_not_there_is_said_so(office: Office, path: str) -> None:
    """And never a defect."""
    assert office.browser.get(f"/console/editions{path}").status_code == 404
