"""Service mails with an institution's words, colours and foot; and their previews."""

from __future__ import annotations

import asyncio
import email
import email.policy
import threading
from pathlib import Path

import pytest

from mailer.domain.look.look import Look
from mailer.domain.subscribers.subscribing import Mail
from mailer.errors import InputError, NotFoundError
from mailer.services.look import preview, words
from mailer.services.look.live import settings_of
from mailer.services.look.looks import Looks
from mailer.services.service_mail.outbox import Outbox
from mailer.store.server.connection import Store
from support.servers.faulty_relay import FaultyRelay
from support.service.mail_service import MailService
from support.service.small_campaign import settings_for

SCRIPT = "<script>alert(1)</script>"


def test_a_reader_gets_the_words_that_were_put_in_place_of_ours(
    store: Store, data_dir: Path
) -> None:
    """And a reply to them still confirms."""
    service = MailService(store, data_dir)
    Looks(store, service.settings, service.clock).change(
        {
            "list_title": "The Letter",
            "institution": "Group & partners",
            "postal_address": "Rue de Lausanne 154\n1211 Geneva",
            "privacy_url": "https://www.example.org/privacy",
            "texts": {
                "en": {"confirm.heading": "One step more", "confirm.text": "Reply.\n\nThat is all."}
            },
        }
    )
    service.outbox = Outbox(store, settings_of(store, service.settings), service.clock)
    service.get(service.own("subscribe"))
    [mail] = service.sent()
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    text = str(plain.get_content()).replace("\r\n", "\n")
    markup = str(html.get_content())
    assert "One step more" in text
    assert "Reply.\n\nThat is all.\n" in text
    assert "I agree to receive The Letter" in " ".join(text.split())
    assert text.endswith(
        "Group & partners\nRue de Lausanne 154\n1211 Geneva\nPrivacy\n  https://www.example.org/privacy\n"
    )
    assert "Group &amp; partners<br>Rue de Lausanne 154" in markup
    service.get(str(mail["Reply-To"]), subject=f"Re: {mail['Subject']}", body="yes")
    member = service.who()
    assert member is not None
    assert member.status == "active"


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_every_mail_can_be_looked_at_in_every_language(tmp_path: Path, language: str) -> None:
    """Nothing in braces is left in any, and nothing is sent or written."""
    settings = settings_for(tmp_path)
    for mail in Mail:
        made = preview.preview(settings, mail, language)
        assert "{" not in made.subject + made.text, mail
        assert made.html.startswith("<!doctype html>") or "<html" in made.html


def test_a_preview_shows_what_nobody_has_saved(tmp_path: Path) -> None:
    """With what was saved elsewhere in the mail."""
    settings = settings_for(tmp_path).with_look(
        Look(1, texts={"en": {"welcome.otherwise": "Saved."}})
    )
    made = preview.preview(settings, "welcome", "en", {"heading": "Drafted", "text": "A.\n\nB."})
    assert "Drafted" in made.text
    assert "Saved." in made.text
    assert "A.\n\nB.\n" in made.text
    with pytest.raises(InputError):
        preview.preview(settings, "confirm", "en", {"subject": "Confirm"})
    with pytest.raises(NotFoundError):
        preview.preview(settings, "nothing", "en")


def test_a_preview_can_be_seen_before_anything_is_set_up(tmp_path: Path) -> None:
    """The tour shows it to somebody who has no domain yet."""
    bare = settings_for(tmp_path).model_copy(update={"list_domain": "", "sender_address": ""})
    assert "lists.example.org" in preview.preview(bare, "confirm", "en").text


def test_words_are_text_wherever_they_show(tmp_path: Path) -> None:
    """Stored scripts are shown as what they are."""
    look = Look(
        1,
        institution={"": SCRIPT},
        list_title={"": SCRIPT},
        postal_address={"": SCRIPT},
        privacy_url={"": "javascript:alert(1)"},
        texts={"en": {f"welcome.{part}": SCRIPT for part in ("heading", "otherwise", "subject")}},
    )
    made = preview.preview(settings_for(tmp_path).with_look(look), "welcome", "en")
    assert "<script" not in made.html
    assert "javascript:" not in made.html
    assert made.html.count("&lt;script&gt;") >= 4


def test_links_of_a_preview_lead_nowhere(tmp_path: Path) -> None:
    """Its tokens are signed by a key that is thrown away: no two are alike."""
    settings = settings_for(tmp_path)
    one, other = (preview.preview(settings, "confirm", "en").subject for _ in range(2))
    assert one != other


def test_a_mail_for_a_look_goes_to_one_address_and_changes_nothing(
    store: Store, data_dir: Path
) -> None:
    """The outbox stays empty; the subject says what it is."""
    ready, over, got = threading.Event(), threading.Event(), []

    def serve() -> None:
        async def run() -> None:
            async with FaultyRelay() as relay:
                got.append(relay)
                ready.set()
                while not over.is_set():  # noqa: ASYNC110 - another thread says when
                    await asyncio.sleep(0.01)

        asyncio.run(run())

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert ready.wait(10)
        service = MailService(store, data_dir, relays=(got[0].url(),))
        trial = preview.send_trial(
            service.settings, service.clock, "welcome", "fr", "ada@example.org"
        )
        assert trial.accepted
        [received] = got[0].received
        assert received.recipient == "ada@example.org"
        mail = email.message_from_bytes(received.content, policy=email.policy.default)
        assert str(mail["Subject"]).startswith("[Test fr] ")
        assert service.queued() == []
    finally:
        over.set()
        thread.join()


def test_lines_show_ours_beside_the_institutions_own(tmp_path: Path) -> None:
    """And a text that is ours again is none of its own."""
    settings = settings_for(tmp_path).with_look(Look(1, texts={"en": {"welcome.heading": "Hi"}}))
    found = {line.part: line for line in words.lines(settings, "welcome", "en")}
    assert (found["heading"].own, found["heading"].ours) == ("Hi", "You are subscribed")
    assert found["text"].is_paragraphs
    assert found["heading"].said == "Hi"
    assert "list" in found["heading"].names
    ours = "\n\n".join(found["text"].ours)
    wanted = words.wanted(
        "en", "welcome", {"heading": "You are subscribed", "text": ours, "otherwise": "X"}
    )
    assert wanted == {
        "texts": {
            "en": {"welcome.heading": None, "welcome.text": None, "welcome.otherwise": "X"},
        }
    }
    listed = {one.name: one.changed for group in words.listed(settings).values() for one in group}
    assert listed["welcome"] == {"en": 1}
    assert {*listed} >= {one.value for one in Mail}
