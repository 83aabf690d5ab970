"""The console's first page."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mailer.domain.access.rights import Role
from mailer.store.campaigns import relays
from mailer.store.campaigns.relays import Late
from mailer.store.server.connection import Store
from mailer.store.subscribers import growth
from support.service.console import Browser, add_user
from support.service.web_service import WebService


def _signed_in(web: WebService, role: Role = Role.OWNER, language: str = "en") -> Browser:
    browser = Browser(web)
    browser.sign_in(add_user(web, role=role, name="Ada <b>").address)
    browser.press("/console/account", "/console/account/language", language=language)
    return browser


@pytest.mark.parametrize("language", ["en", "fr", "es"])
@pytest.mark.parametrize("role", [Role.OWNER, Role.READER])
def test_a_new_service_has_a_first_page(
    store: Store, data_dir: Path, role: Role, language: str
) -> None:
    """Nothing went out, nobody reads yet, and every user sees a page that says so."""
    browser = _signed_in(WebService(store, data_dir), role, language)
    page = browser.get("/console")
    assert page.status_code == 200
    assert "Ada &lt;b&gt;" in page.text
    assert f'lang="{language}"' in page.text


def test_growth_is_drawn_and_told_in_numbers(store: Store, data_dir: Path) -> None:
    """A plot of a week or more, and a table of each language beneath."""
    web = WebService(store, data_dir)
    today = web.clock.now().date()
    for place in range(10):
        growth.note(store, today - timedelta(days=10 - place), {"en": 1000 + place, "fr": 1})
    for place in range(3):
        web.mail.member(f"r{place}@example.org", language="fr")
    page = _signed_in(web).get("/console").text
    assert "<svg" in page
    assert "3 active readers" in page
    assert "−998 since" in page
    assert "French" in page.partition("<table")[2]


def test_a_few_days_are_no_plot(store: Store, data_dir: Path) -> None:
    """Two points tell nothing."""
    web = WebService(store, data_dir)
    today = web.clock.now().date()
    growth.note(store, today - timedelta(days=1), {"en": 5})
    assert "<svg" not in _signed_in(web).get("/console").text


def test_a_silent_relay_is_told_at_once(store: Store, data_dir: Path) -> None:
    """Also that no worker runs: nobody looks at logs."""
    web = WebService(store, data_dir, relays=["smtp://relay.example.org"])
    now, name = web.clock.now(), web.settings.relays[0].name
    relays.report_late(store, {name: Late(3, now, silent=True)})
    page = _signed_in(web).get("/console").text
    assert "No worker runs: nothing is being sent." in page
    assert f"A relay answers nothing: {name}." in page


def test_an_empty_service_leads_to_the_first_test_mail(store: Store, data_dir: Path) -> None:
    """Each step says where; one that is done is ticked off."""
    web = WebService(store, data_dir)
    ada = _signed_in(web)
    page = ada.get("/console").text
    assert "From here to your first test mail" in page
    assert page.count('<li class="done">') == 0
    for path in ("/console/settings", "/console/editions", "/console/operation/doctor"):
        assert f'href="{path}"' in page
    web.mail.member("r@example.org")
    assert ada.get("/console").text.count('<li class="done">') == 1


def test_who_only_looks_is_led_nowhere(store: Store, data_dir: Path) -> None:
    """A tour of buttons that refuse is none."""
    assert (
        "first test mail"
        not in _signed_in(WebService(store, data_dir), Role.READER).get("/console").text
    )
