"""The page that a trial's mail leads to: the edition as it will be, for whoever has the link."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailer.clock import SystemClock
from mailer.config import Settings
from mailer.domain.access.token import Purpose
from mailer.domain.subscribers.address import parse_address
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.campaigns.trial import Trials
from mailer.services.editions import library as editions
from mailer.services.subscriptions import subscribers
from mailer.store.server.connection import Store
from support.servers.faulty_relay import FaultyRelay
from support.service.web_service import BASE, WebService
from support.service.whole_site import SPRING, links_in, snapshot

PAGE = re.compile(rf"{BASE}/(\w\w)/trials/([\w-]+)")


class Trying(WebService):
    """Pages with one subscriber, and the Spring edition in a campaign that has not started."""

    def __init__(self, store: Store, data_dir: Path) -> None:
        """Import the edition."""
        super().__init__(store, data_dir)
        ann = parse_address("ann@example.org")
        now = self.clock.now()
        subscribers.add(store, self.settings, now, ann, language="en", topics="bulletin")
        editions.import_folder(store, self.settings.topics, SPRING, self.clock)
        self.campaigns = Campaigns(store, self.settings, self.clock)
        self.campaigns.create("spring-2023", "bulletin")

    def tried(self, number: int = 1) -> dict[str, EmailMessage]:
        """Send a trial through a real relay; returns what arrived, by language."""

        async def run() -> list[bytes]:
            async with FaultyRelay() as relay:
                url = f"smtp://127.0.0.1:{relay.port}?starttls=no"
                settings = Settings(**{**self.settings.model_dump(), "relays": [url]})
                trials = Trials(self.store, settings, SystemClock())
                await asyncio.to_thread(trials.send, number, "me@example.org")
                return [one.content for one in relay.received]

        mails = [message_from_bytes(one, policy=policy.default) for one in asyncio.run(run())]
        return {str(mail["Content-Language"]): mail for mail in mails}

    def page(self, mail: EmailMessage) -> str:
        """Return the path that "View in your browser" leads to; the same in both bodies."""
        found = {link for link in links_in(mail) if PAGE.fullmatch(link)}
        (link,) = found
        assert sum(link in str(part.get_content()) for part in mail.walk() if _is_text(part)) == 2
        return link.removeprefix(BASE)


def _is_text(part: EmailMessage) -> bool:
    return part.get_content_maintype() == "text"


@pytest.fixture
def web(store: Store, data_dir: Path) -> Trying:
    """The pages."""
    return Trying(store, data_dir)


def test_the_link_of_a_trial_shows_the_edition_as_it_will_be(web: Trying) -> None:
    """A person who approves an edition approves its page, too, before readers come."""
    mails = web.tried()
    assert set(mails) == {"en", "fr", "es"}
    said = {"en": "has not been sent", "fr": "pas encore été envoyé", "es": "no se ha enviado"}
    for language, mail in mails.items():
        path = web.page(mail)
        page = web.get(path)
        assert page.status_code == 200
        assert path.startswith(f"/{language}/")
        assert f'<html lang="{language}"' in page.text
        assert said[language] in page.text
        assert web.site.archive.all() == {}


def test_its_images_are_shown_with_it(web: Trying) -> None:
    """A picture may be what has to be approved; and they are as secret as the text."""
    page = web.get(web.page(web.tried()["en"]))
    sources = re.findall(r'<img src="([^"]+)"', page.text)
    assert len(sources) == 4
    for source in sources:
        image = web.get(source)
        assert image.content.startswith(b"\x89PNG")
        assert image.headers["cache-control"] == "no-store"
        assert web.get(re.sub(r"^/trials/[^/]+", "", source)).status_code == 404
        assert web.get(source.replace(".png", ".jpg")).status_code == 404


def test_nobody_else_finds_it(web: Trying) -> None:
    """An unpublished edition is for those who were sent it: no list, no guess, no robot."""
    path = web.page(web.tried()["en"])
    page = web.get(path)
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in page.text
    assert "canonical" not in page.text
    assert "me@example.org" not in page.text
    public = ("/en/", "/en/editions", "/en/editions.atom", "/en/search?q=bulletin", "/sitemap.xml")
    assert not any(
        "spring-2023" in web.get(one).text or path in web.get(one).text for one in public
    )
    assert web.get("/en/editions/spring-2023").status_code == 404
    token = path.rpartition("/")[2]
    changed = token[:-1] + ("0" if token[-1] != "0" else "1")
    other = web.site.signer.sign(Purpose.LEAVE, 1)
    for guess in ("1", "spring-2023", changed, other, token.partition("-")[2]):
        assert web.get(f"/en/trials/{guess}").status_code == 404
    assert web.get(path.replace("/en/", "/xx/")).status_code == 404


def test_looking_changes_nothing(web: Trying) -> None:
    """Scanners of mail systems follow the link before a person does (law 5)."""
    path = web.page(web.tried()["fr"])
    before = snapshot(web.store)
    web.get(path)
    web.head(path)
    assert snapshot(web.store) == before


def test_a_later_import_is_shown_by_the_same_link(web: Trying, tmp_path: Path) -> None:
    """The link shows what will go out, not what it was when the trial was sent."""
    path = web.page(web.tried()["en"])
    folder = tmp_path / "spring"
    folder.mkdir()
    for file in SPRING.rglob("*"):
        if file.is_file():
            copy = folder / file.relative_to(SPRING)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(file.read_bytes())
    text = (folder / "en.md").read_text(encoding="utf-8")
    (folder / "en.md").write_text(f"{text}\n\nA last word.\n", encoding="utf-8")
    editions.import_folder(web.store, web.settings.topics, folder, web.clock)
    assert "A last word." in web.get(path).text


def test_once_the_campaign_starts_the_link_leads_to_the_public_page(web: Trying) -> None:
    """A colleague who kept the trial finds what everybody reads."""
    path = web.page(web.tried()["fr"])
    web.campaigns.send(1)
    answer = web.get(path)
    assert (answer.status_code, answer.headers["location"]) == (302, "/fr/editions/spring-2023")
    assert web.get(answer.headers["location"]).status_code == 200
    again = web.tried()["fr"]
    assert f"{BASE}/fr/editions/spring-2023" in links_in(again)
    assert not any(map(PAGE.fullmatch, links_in(again)))


def test_what_is_sent_again_is_tried_before_it_replaces_what_was_sent(web: Trying) -> None:
    """Until the second campaign starts, the public page is that of the first."""
    web.campaigns.send(1)
    web.clock.advance(timedelta(hours=1))
    web.campaigns.create("spring-2023", "bulletin")
    assert web.get(web.page(web.tried(2)["es"])).status_code == 200


def test_a_campaign_that_is_called_off_takes_its_page_along(web: Trying) -> None:
    """An edition that was given up must not be read by anybody."""
    path = web.page(web.tried()["en"])
    image = re.findall(r'<img src="([^"]+)"', web.get(path).text)[0]
    web.campaigns.cancel(1)
    assert web.get(path).status_code == 404
    assert web.get(image).status_code == 404
