"""The archive's pages: list, edition, images, search and feed, each in the reader's language."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from mailer.content.rendering.colours import AA, HOUSE, contrast
from mailer.domain.subscribers.address import parse_address
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.editions import library as edition_services
from mailer.services.subscriptions import subscribers
from mailer.store.server.connection import Store
from support.places import ROOT
from support.service.web_service import BASE, WebService

SPRING = ROOT / "mailer" / "demo" / "spring-2023"
AUTUMN = ROOT / "tests" / "corpus" / "editions" / "autumn"
ATOM = {"a": "http://www.w3.org/2005/Atom"}


class Reading(WebService):
    """Pages with one subscriber to send to."""

    def __init__(self, store: Store, data_dir: Path, **settings: Any) -> None:
        """Let somebody subscribe."""
        super().__init__(store, data_dir, **settings)
        ann = parse_address("ann@example.org")
        subscribers.add(
            store, self.settings, self.clock.now(), ann, language="en", topics="bulletin"
        )
        self.campaigns = Campaigns(store, self.settings, self.clock)

    def send(self, *folders: Path, tags: tuple[str, ...] = ()) -> None:
        """Import editions and send each, an hour after the last."""
        for folder in folders:
            slug = edition_services.import_folder(
                self.store, self.settings.topics, folder, self.clock
            )[0].slug
            self.clock.advance(timedelta(hours=1))
            self.campaigns.send(self.campaigns.create(slug, "bulletin", tags).number)


@pytest.fixture
def web(store: Store, data_dir: Path) -> Reading:
    """Pages with two editions: Autumn in English and French, Spring in Spanish too."""
    reading = Reading(store, data_dir)
    reading.send(SPRING, AUTUMN)
    return reading


def test_before_anything_was_sent_the_list_says_so(store: Store, data_dir: Path) -> None:
    """An empty page looks broken; a reader can subscribe meanwhile."""
    page = Reading(store, data_dir).get("/fr/editions")
    assert page.status_code == 200
    assert "Rien n’a encore été envoyé" in page.text
    assert "/fr/subscribe" in page.text
    assert "<form" not in page.text


@pytest.mark.parametrize(
    ("language", "title", "subjects"),
    [
        ("en", "Editions", ["Harbour bulletin, autumn 2030", "MSME bulletin, Spring 2023"]),
        ("fr", "Numéros parus", ["Bulletin du port", "Bulletin MPME"]),
        ("es", "Números publicados", ["Harbour bulletin, autumn 2030", "Boletín mipymes"]),
    ],
)
def test_editions_are_listed_in_the_reader_s_language_newest_first(
    web: Reading, language: str, title: str, subjects: list[str]
) -> None:
    """A reader who looks for an old edition looks by its name and date."""
    text = web.get(f"/{language}/editions").text
    assert f"<h1>{title}</h1>" in text
    places = [text.index(subject) for subject in subjects]
    assert places == sorted(places)
    assert f'href="/{language}/editions/spring-2023"' in text


def test_an_edition_can_be_read_where_its_mails_lead(web: Reading) -> None:
    """The first link of every mail is “View in your browser”."""
    edition = edition_services.load(web.store, web.settings.topics, "spring-2023")
    for language in ("en", "fr", "es"):
        links = edition_services.links_for(web.settings, edition, language)
        page = web.get(links.web_url.removeprefix(BASE))
        assert page.status_code == 200
        assert edition.translations[language].title.split()[0] in page.text
        assert f'<html lang="{language}"' in page.text
        assert web.get(links.archive_url.removeprefix(BASE)).status_code == 200


def test_a_language_that_stands_in_is_told(web: Reading) -> None:
    """A Spanish reader must know why the text is English, and screen readers how to speak it."""
    page = web.get("/es/editions/autumn-2030").text
    assert "Este número no está traducido a este idioma (español)" in page
    assert "inglés" in page
    assert '<article class="edition" lang="en" dir="ltr">' in page
    assert f'<link rel="canonical" href="{BASE}/en/editions/autumn-2030">' in page
    assert "stand-in" not in web.get("/fr/editions/autumn-2030").text


def test_search_engines_learn_which_page_is_which_language(web: Reading) -> None:
    """Three translations are one thing, not three copies."""
    page = web.get("/fr/editions/autumn-2030").text
    assert f'<link rel="canonical" href="{BASE}/fr/editions/autumn-2030">' in page
    assert set(re.findall(r'<link rel="alternate" hreflang="(\w+)" href="([^"]+)">', page)) == {
        ("en", f"{BASE}/en/editions/autumn-2030"),
        ("fr", f"{BASE}/fr/editions/autumn-2030"),
    }


def test_a_link_to_an_edition_can_be_shown_by_other_sites(web: Reading) -> None:
    """Colleagues share it in chats, which show title, text and image (Open Graph)."""
    page = web.get("/en/editions/spring-2023").text
    told = dict(re.findall(r'<meta property="(og:[\w:]+)" content="([^"]*)">', page))
    assert told["og:title"].startswith("MSME bulletin, Spring 2023")
    assert told["og:type"] == "article"
    assert told["og:url"] == f"{BASE}/en/editions/spring-2023"
    assert told["og:description"]
    image = web.get(told["og:image"].removeprefix(BASE))
    assert image.headers["content-type"] == "image/png"


def test_images_are_served_by_us_and_kept_for_ever(web: Reading) -> None:
    """No third party learns who reads, and no image is fetched twice."""
    page = web.get("/en/editions/spring-2023").text
    sources = re.findall(r'<img src="([^"]+)"', page)
    assert len(sources) == 4
    for source in sources:
        image = web.get(source)
        assert image.status_code == 200
        assert image.content.startswith(b"\x89PNG")
        assert "immutable" in image.headers["cache-control"]
        assert image.headers["cross-origin-resource-policy"] == "cross-origin"
    assert web.get(sources[0].replace(".png", ".jpg")).status_code == 404
    assert web.get("/images/nothing.png").status_code == 404


def accent_of(web: Reading, slug: str) -> str:
    """Return the one style sheet that an edition's page has beside everybody's."""
    links = re.findall(
        r'<link rel="stylesheet" href="([^"]+)"', web.get(f"/en/editions/{slug}").text
    )
    assert len(links) == 2
    return str(links[1])


def test_an_edition_s_own_colour_is_that_of_its_page(web: Reading) -> None:
    """A reader who comes from a dark red mail must not think to have come to another place."""
    path = accent_of(web, "autumn-2030")
    sheet = web.get(path)
    assert sheet.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in sheet.headers["cache-control"]
    light, dark = re.findall(r"--accent:(#[0-9a-f]{6})", sheet.text)
    assert light == "#7a1b2f"
    assert contrast(dark, HOUSE.dark.paper) >= AA
    assert "style=" not in web.get("/en/editions/autumn-2030").text
    assert web.get("/en/editions/spring-2023").text.count('rel="stylesheet"') == 1
    assert web.get("/en/editions").text.count('rel="stylesheet"') == 1


def test_a_colour_that_cannot_be_read_is_served_as_one_that_can(
    store: Store, data_dir: Path, tmp_path: Path
) -> None:
    """Pale yellow headings would keep readers out; the shade that is served is near it."""
    shutil.copytree(AUTUMN.parent, tmp_path / "editions")
    folder = tmp_path / "editions" / AUTUMN.name
    manifest = (folder / "edition.toml").read_text(encoding="utf-8")
    manifest = manifest.replace('"#7a1b2f"', '"#FFD54A"\naccent_dark = "#202020"')
    (folder / "edition.toml").write_text(manifest, encoding="utf-8")
    web = Reading(store, data_dir)
    web.send(folder)
    sheet = web.get(accent_of(web, "autumn-2030")).text
    light, dark = re.findall(r"--accent:(#[0-9a-f]{6})", sheet)
    assert contrast(light, HOUSE.light.paper) >= AA
    assert contrast(dark, HOUSE.dark.paper) >= AA


@pytest.mark.parametrize(
    "name",
    [
        "accent-ffd54a-93bfee.css",
        "accent-7a1b2f-101010.css",
        "accent-7A1B2F-93bfee.css",
        "accent-7a1b2-93bfee.css",
        "accent-7a1b2f}-93bfee.css",
        "accent-7a1b2f.css",
    ],
)
def test_a_style_sheet_holds_two_colours_that_can_be_read_and_nothing_else(
    web: Reading, name: str
) -> None:
    """Nobody can have us serve a style of theirs, or an endless number of names for one."""
    assert web.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize(
    "path", ["/en/editions/never-sent", "/en/editions/Spring 2023", "/xx/editions"]
)
def test_what_is_not_there_is_an_error_page(web: Reading, path: str) -> None:
    """A mistyped address must help, not fail."""
    page = web.get(path)
    assert page.status_code == 404
    assert "There is no such page" in page.text


def test_what_went_to_some_readers_only_is_not_found_by_chance(web: Reading) -> None:
    """Its readers have the address; nobody else is led there."""
    web.store.redis.setbit("mailer:bits:tag:press", 1, 1)
    web.store.redis.sadd("mailer:subscribers:tags", "press")
    for campaign in (1, 2):
        web.campaigns.cancel(campaign)
    web.send(AUTUMN, tags=("press",))
    page = web.get("/en/editions/autumn-2030")
    assert page.status_code == 200
    assert 'content="noindex, nofollow"' in page.text
    for path in ("/en/editions", "/en/search?q=harbour", "/en/editions.atom", "/sitemap.xml"):
        assert "autumn-2030" not in web.get(path).text


@pytest.mark.parametrize(
    "path",
    ["/en/editions", "/fr/editions/spring-2023", "/es/editions.atom", "/sitemap.xml"],
)
def test_what_has_not_changed_is_not_sent_again(web: Reading, path: str) -> None:
    """After a large send thousands come at once; feed readers come every hour."""
    first = web.get(path)
    tag = first.headers["etag"]
    again = web.get(path, **{"If-None-Match": f'"x", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert again.headers["cache-control"] == first.headers["cache-control"]
    modified = first.headers["last-modified"]
    assert web.get(path, **{"If-Modified-Since": modified}).status_code == 304
    other = {"If-None-Match": '"x"', "If-Modified-Since": modified}
    assert web.get(path, **other).status_code == 200
    assert web.get(path, **{"If-Modified-Since": "yesterday"}).status_code == 200
    web.campaigns.cancel(1)
    web.send(SPRING)
    web.clock.advance(timedelta(days=60))
    assert web.get(path, **{"If-Modified-Since": modified}).status_code == 200


def test_a_page_changes_when_a_date_of_it_has_passed(web: Reading) -> None:
    """A page kept by a cache must not invite to what is over."""
    path = "/en/editions/spring-2023"
    before = web.get(path)
    web.clock.advance(timedelta(days=5))
    assert web.get(path, **{"If-None-Match": before.headers["etag"]}).status_code == 304
    web.clock.advance(timedelta(days=10))
    after = web.get(path, **{"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert "(past)" in after.text
    assert "(past)" not in before.text
    late = {"If-Modified-Since": before.headers["last-modified"]}
    assert web.get(path, **late).status_code == 200


def test_a_search_answers_in_the_page_s_language(web: Reading) -> None:
    """The box is on every list; it works without scripts and without anybody else's help."""
    page = web.get("/fr/search?q=PETITS+colis")
    assert "contient «\u00a0PETITS colis\u00a0»" in page.text
    assert "<mark>petits</mark>" in page.text.lower()
    assert page.headers["cache-control"] == "no-store"
    assert 'content="noindex, nofollow"' in page.text
    assert re.search(r'href="/fr/editions/spring-2023#s\d"', page.text)
    assert "Rien n’a été trouvé" in web.get("/fr/search?q=introuvable").text
    assert web.get("/fr/search").status_code == 200


def test_what_was_looked_for_is_shown_as_text(web: Reading) -> None:
    """A link with a script in the query must not run it."""
    page = web.get("/en/search").text
    assert "<script" not in page
    evil = web.get("/en/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script" not in evil
    assert "&lt;script&gt;" in evil


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_the_feed_holds_whole_editions(web: Reading, language: str) -> None:
    """Feed readers read there, and follow the links from anywhere."""
    answer = web.get(f"/{language}/editions.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(answer.content)  # noqa: S314 (our own)
    assert feed.attrib["{http://www.w3.org/XML/1998/namespace}lang"] == language
    links = {link.attrib["rel"]: link.attrib["href"] for link in feed.findall("a:link", ATOM)}
    assert links == {
        "self": f"{BASE}/{language}/editions.atom",
        "alternate": f"{BASE}/{language}/editions",
    }
    entries = feed.findall("a:entry", ATOM)
    assert len(entries) == 2
    identities = [entry.findtext("a:id", "", ATOM) for entry in entries]
    assert len(set(identities)) == 2
    for entry in entries:
        content = entry.findtext("a:content", "", ATOM)
        assert content.startswith('<div dir="ltr"><header')
        assert content.endswith("></div>")
        assert "<h1>" in content
        assert "&lt;" not in content
        assert not re.search(r'(?:href|src)="/', content)
        assert not re.search("[\ue000\ue001]", content)
        assert "(past)" not in content
    assert feed.findtext("a:updated", "", ATOM) == max(
        entry.findtext("a:updated", "", ATOM) for entry in entries
    )


def test_the_feed_of_nothing_is_a_feed(store: Store, data_dir: Path) -> None:
    """A reader who follows a new list must not get an error."""
    feed = ET.fromstring(Reading(store, data_dir).get("/en/editions.atom").content)  # noqa: S314
    assert feed.findall("a:entry", ATOM) == []
    assert feed.findtext("a:updated", "", ATOM)


def test_pages_of_a_site_below_a_path_stay_below_it(store: Store, data_dir: Path) -> None:
    """An institution may give the list a corner of its site; no link may lead out of it."""
    web = Reading(store, data_dir, public_url="https://example.org/msme")
    web.send(AUTUMN)
    for path in ("/en/editions", "/en/editions/autumn-2030", "/en/search?q=harbour"):
        text = web.get(path).text
        inner = re.findall(r'(?:href|src|action)="(/[^"]*)"', text)
        assert inner
        assert all(link.startswith("/msme/") for link in inner)
    feed = web.get("/en/editions.atom").text
    assert "https://example.org/msme/en/editions/autumn-2030" in feed
    assert "https://example.org/msme/images/" in feed


def test_search_engines_are_told_of_every_page_and_its_translations(web: Reading) -> None:
    """A new edition is found without a crawl of the whole site."""
    answer = web.get("/sitemap.xml")
    assert answer.headers["content-type"].startswith("application/xml")
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    tree = ET.fromstring(answer.content)  # noqa: S314 (our own)
    places = [place.text or "" for place in tree.findall("s:url/s:loc", names)]
    assert len(places) == len(set(places))
    assert f"{BASE}/fr/editions/autumn-2030" in places
    assert f"{BASE}/es/editions/autumn-2030" not in places
    for place in places:
        page = web.get(place.removeprefix(BASE))
        assert page.status_code == 200
        assert "noindex" not in page.text
    assert f"Sitemap: {BASE}/sitemap.xml" in web.get("/robots.txt").text


def test_nothing_personal_is_in_a_page_for_everybody(web: Reading) -> None:
    """The mail names its reader and holds their keys; the page must not."""
    for language in ("en", "fr", "es"):
        text = web.get(f"/{language}/editions/spring-2023").text
        assert "ann@example.org" not in text
        assert not re.search(r"/(?:leave|preferences|confirm)/", text)
        assert not re.search("[\ue000\ue001]", text)


def test_the_front_page_shows_what_is_new(web: Reading) -> None:
    """A visitor sees at once that the list is alive, and what it is about."""
    page = web.get("/fr/")
    assert "Bulletin du port, automne 2030" in page.text
    assert "Bulletin MPME" not in page.text
    again = web.get("/fr/", **{"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304
