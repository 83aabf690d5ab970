"""The pages to which mails to users lead are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.domain.access import console_paths as paths
from mailer.store.server.connection import Store
from support.service.web_service import WebService

PAGES = [
    paths.ACCOUNT,
    paths.INBOX,
    paths.OPERATION,
    paths.campaign(7),
    paths.report(7),
    paths.letter(7),
    paths.webhook("k2f9"),
]


@pytest.mark.parametrize("page", PAGES)
def test_a_mail_leads_to_a_page_that_asks_who_comes(
    store: Store, data_dir: Path, page: str
) -> None:
    """A link in an alert that is dead is found by the one who is woken: 404 is no page."""
    answer = WebService(store, data_dir).get(page)
    assert answer.status_code == 303
    assert "/console/sign-in" in answer.headers["location"]


def test_a_page_that_is_not_there_asks_nobody(store: Store, data_dir: Path) -> None:
    """So the test above can fail."""
    assert WebService(store, data_dir).get("/console/nowhere/7").status_code == 404


def test_the_place_to_choose_mails_is_on_the_account_s_page() -> None:
    """What comes after the sign is the id of a heading there."""
    assert f"{paths.ACCOUNT}#mails" == paths.MAILS
