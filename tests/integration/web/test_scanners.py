"""Programs that follow every link: scanners of mail systems, search engines, previews."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailer.store.server.connection import Store
from support.service.whole_site import LANGUAGES, Crawler, WholeSite, links_in, snapshot


@pytest.fixture
def site(store: Store, data_dir: Path) -> WholeSite:
    """A list that has been running for a while."""
    return WholeSite(store, data_dir)


def test_following_every_link_changes_nothing(site: WholeSite) -> None:
    """Law 5: scanners open every link of a mail before its reader does, and whatever is behind it.

    Whoever left, confirmed or answered by that would have done nothing of the kind.
    """
    links = set().union(*map(links_in, site.mails()))
    assert any("/leave/" in link for link in links)
    assert any("/confirm/" in link for link in links)
    assert any("/preferences/" in link for link in links)
    crawler = Crawler(site)
    links |= {site.invitation(code) for code in LANGUAGES}
    before = snapshot(site.store)
    crawler.crawl("/", "/sitemap.xml", "/robots.txt", *links)
    assert snapshot(site.store) == before
    seen = set(crawler.pages)
    for code in LANGUAGES:
        assert {f"/{code}/", f"/{code}/calendar.ics", f"/{code}/editions/spring-2023"} <= seen
    assert any("/leave/" in path for path in seen)


def test_every_link_leads_somewhere(site: WholeSite) -> None:
    """A dead link in a mail cannot be mended once it is out."""
    crawler = Crawler(site)
    crawler.crawl("/", "/sitemap.xml", *set().union(*map(links_in, site.mails())))
    # 405: what only a button may do; the crawler asks for whatever a form leads to as well.
    statuses = {path: status for path, (status, _, _) in crawler.pages.items()}
    dead = sorted(path for path, status in statuses.items() if status >= 400 and status != 405)
    assert dead == []


def test_no_page_asks_anybody_else_for_anything(site: WholeSite) -> None:
    """The reader's visit is private: no image, font or script comes from elsewhere."""
    crawler = Crawler(site)
    crawler.crawl("/")
    for path, (_, kind, text) in crawler.pages.items():
        if kind == "text/html":
            fetched = re.findall(
                r"<(?:img|script|iframe|source|embed)\b[^>]*\bsrc=\"([^\"]+)", text
            )
            fetched += re.findall(r"<link rel=\"(?:stylesheet|icon)\"[^>]*href=\"([^\"]+)", text)
            assert fetched, path
            assert all(address.startswith("/") for address in fetched), path
        assert "url(" not in text or kind != "text/css"
