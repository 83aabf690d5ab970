"""Subscribing on a page: who may, what is kept, and that nobody learns who is on the list."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from mailer.domain.settings.networks import circles
from mailer.domain.subscribers.address import parse_address
from mailer.services.subscriptions import subscribers as vouched
from mailer.store.server.connection import Store
from mailer.store.subscribers import forms
from support.service.web_service import WebService

ADDRESS = "ana@example.org"


@pytest.fixture
def web(store: Store, data_dir: Path) -> WebService:
    """Pages over an empty store."""
    return WebService(store, data_dir)


@pytest.mark.parametrize(
    ("language", "title"), [("en", "mailbox"), ("fr", "boîte aux lettres"), ("es", "buzón")]
)
def test_from_the_form_to_the_list_in_every_language(
    web: WebService, language: str, title: str
) -> None:
    """The whole way: form, mail, link, button, welcome."""
    thanks = web.subscribe(language=language, name="Ana Díaz")
    assert (thanks.status_code, title in thanks.text) == (200, True)
    assert web.forms.process() == 1
    assert web.mail.status() == "pending"
    (asked,) = web.mail.sent()
    assert asked["To"] == ADDRESS
    text = asked.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Ana" not in asked.as_string(), "law 6: no text that a stranger chose"
    link = re.search(r"https://bulletin\.example\.org(/confirm/\S+)", text)
    assert link, text
    done = web.press(link[1])
    assert done.status_code == 200
    assert web.mail.status() == "active"
    member = web.mail.who()
    assert member is not None
    assert (member.language, member.topics, member.name) == (language, ("bulletin",), "Ana Díaz")
    consent = json.loads(member.consent)
    assert consent["how"] == "web"
    assert consent["language"] == language
    assert consent["text"] in re.sub(r"&#39;", "'", web.get(link[1]).text) or consent["text"]
    assert member.source == "web"
    assert web.mail.queued() == ["confirm", "welcome"]


def test_answering_the_mail_works_without_the_page(web: WebService) -> None:
    """A reader whose mail program opens no links is not shut out."""
    web.subscribe()
    web.forms.process()
    (asked,) = web.mail.sent()
    web.mail.get(str(asked["Reply-To"]), subject="Re", body="yes")
    assert web.mail.status() == "active"


def test_answer_is_the_same_for_known_and_unknown_addresses(web: WebService) -> None:
    """Nobody may find out by our form who reads the bulletin."""
    web.mail.member("known@example.org")
    left = web.mail.member("left@example.org")
    web.press(web.leave_path(left.number))
    vouched.suppress(
        web.store, web.settings, web.clock.now(), parse_address("never@example.org"), "asked"
    )
    answers = [
        web.subscribe(f"{who}@example.org") for who in ("known", "left", "never", "nobody", "known")
    ]
    assert {one.status_code for one in answers} == {200}
    assert len({one.text for one in answers}) == 1
    assert len({tuple(sorted(one.headers.items())) for one in answers}) == 1
    web.forms.process()
    assert sorted(mail["To"] for mail in web.mail.sent()) == [
        "known@example.org",
        "left@example.org",
        "nobody@example.org",
    ]
    assert web.mail.queued().count("already") == 1, "an address is told once a day"


def test_the_page_asks_the_store_for_nothing_that_depends_on_the_address(web: WebService) -> None:
    """Equal time needs equal work: the store is asked the very same commands."""
    web.mail.member("known@example.org")

    def commands(address: str) -> list[str]:
        found: list[str] = []
        with web.store.redis.monitor() as monitor:
            assert web.subscribe(address).status_code == 200
            web.store.redis.execute_command("ECHO", "end")
            for command in monitor.listen():
                if command["command"].startswith("ECHO"):
                    break
                found.append(command["command"].partition(" ")[0])
        return found

    commands("first@example.org")
    known = commands("known@example.org")
    assert known == commands("nobody@example.org")
    assert "XADD" in known


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "ana"}, "email"),
        ({"email": ""}, "email"),
        ({"email": "a@b.example.org, c@example.org"}, "email"),
        ({"email": "ana@example.org\r\nBcc: x@example.org"}, "email"),
        ({"name": "=1+1"}, "name"),
        ({"reads": "de"}, "language"),
        ({"topics": []}, "topics"),
        ({"topics": ["unknown"]}, "topics"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_the_rest_is_kept(
    web: WebService, fields: dict[str, Any], field: str
) -> None:
    """Nobody likes to fill a form in twice."""
    page = web.subscribe(**{"address": "ana@example.org", "name": "Ana"} | _given(fields))
    assert page.status_code == 422
    assert f'id="{field}-wrong"' in page.text
    assert f'aria-describedby="{"name-hint " if field == "name" else ""}{field}-wrong"' in page.text
    if field != "name":
        assert 'value="Ana"' in page.text
    assert forms.waiting(web.store) == 0


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {("address" if name == "email" else name): value for name, value in fields.items()}


def test_what_was_written_is_shown_as_text_only(web: WebService) -> None:
    """A form that shows what was sent must not become a way to put scripts on our page."""
    page = web.subscribe('"><script>alert(1)</script>', name="<b>x</b>")
    assert page.status_code == 422
    assert "<script" not in page.text
    assert "<b>x" not in page.text


def test_programs_are_told_from_people(web: WebService) -> None:
    """Bots fill every field, are quick, or never saw our page; a person who is unlucky can repeat."""
    path = "/en/subscribe"
    given = {"email": ADDRESS, "language": "en", "topics": "bulletin"}
    early = web.post(path, given | {"stamp": web.stamp(path)})
    false = web.post(path, given | {"stamp": "1.aaaa.bbbb"})
    missing = web.post(path, given)
    stamp = web.stamp(path)
    web.clock.advance(timedelta(seconds=5))
    trapped = web.post(path, given | {"stamp": stamp, "website": "x"})
    other = web.post(path, given | {"stamp": web.site.stamps.make("leave x")})
    web.clock.advance(timedelta(days=2))
    late = web.post(path, given | {"stamp": stamp})
    assert [one.status_code for one in (early, false, missing, trapped, other, late)] == [422] * 6
    assert forms.waiting(web.store) == 0
    again = re.search(r'name="stamp" value="([^"]*)"', late.text)
    assert again
    web.clock.advance(timedelta(seconds=5))
    assert web.post(path, given | {"stamp": again[1]}).status_code == 200


def test_a_form_on_another_website_leads_to_ours_with_what_was_written(web: WebService) -> None:
    """The form to be copied holds no stamp: its sender presses the button on our page."""
    page = web.get("/fr/subscribe/form")
    assert page.status_code == 200
    assert "&lt;form method=&#34;post&#34;" in page.text
    assert f"{web.settings.public_url}/fr/subscribe" in page.text
    sent = web.post(
        "/fr/subscribe",
        {"email": ADDRESS, "topics": "meetings", "language": "fr"},
        Origin="https://www.example.net",
    )
    assert sent.status_code == 422
    assert f'value="{ADDRESS}"' in sent.text
    assert re.search(r'value="meetings" checked', sent.text)
    assert "appuyez sur le bouton" in sent.text


def test_too_many_forms_from_one_place_are_refused_and_others_are_not(
    store: Store, data_dir: Path
) -> None:
    """One machine, one network or a thousand of them: each has its measure."""
    web = WebService(store, data_dir, forms_per_address=2, forms_per_network=3, forms_per_hour=5)

    def send(client: str) -> int:
        web.client = (client, 1)
        return web.subscribe(f"{next(number)}@example.org").status_code

    number = itertools.count()
    assert [send("192.0.2.1") for _ in range(3)] == [200, 200, 429]
    assert [send("192.0.2.2") for _ in range(2)] == [200, 429]
    assert [send("2001:db8::1"), send("2001:db8:1::1"), send("203.0.113.9")] == [200, 200, 429]
    assert forms.waiting(store) == 5
    page = web.ask("GET", "/es/subscribe")
    assert page.status_code == 200
    assert not [key for key in store.redis.keys("*") if b"192.0.2" in key], "whose is not kept"


@pytest.mark.parametrize(
    ("proxy", "believed"),
    [("127.0.0.1", True), ("10.9.8.7", True), ("", True), ("192.0.2.7", False)],
)
def test_forwarded_addresses_are_believed_of_our_own_proxies_only(
    store: Store, data_dir: Path, proxy: str, believed: bool
) -> None:
    """Otherwise each form of a bot is another client; and all readers are one, behind a proxy."""
    web = WebService(
        store, data_dir, forms_per_address=1, trusted_proxies=["127.0.0.1", "10.0.0.0/8"]
    )
    web.client = (proxy, 1) if proxy else None
    codes = []
    for number in range(2):
        stamp = web.stamp("/en/subscribe")
        web.clock.advance(timedelta(seconds=10))
        form = {"email": f"a{number}@example.org", "topics": "bulletin", "stamp": stamp}
        claimed = {"X-Forwarded-For": f"203.0.113.9, 198.51.100.{number}"}
        codes.append(web.post("/en/subscribe", form, **claimed).status_code)
    assert codes == [200, 200 if believed else 429]


def test_refused_forms_are_told_in_the_readers_language_and_when_to_try_again(
    store: Store, data_dir: Path
) -> None:
    """RFC 6585 section 4."""
    web = WebService(store, data_dir, forms_per_address=1)
    web.subscribe()
    page = web.subscribe(language="es")
    assert page.status_code == 429
    assert "Demasiadas solicitudes" in page.text
    assert page.headers["retry-after"] == "3600"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.200", (False, True)),
        ("192.0.2.1", "192.0.3.1", (False, False)),
        ("2001:db8::1", "2001:db8::ffff", (True, True)),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", (False, True)),
        ("2001:db8:1::1", "2001:db8:2::1", (False, False)),
        ("::ffff:192.0.2.1", "192.0.2.1", (True, True)),
        ("", "", (True, True)),
    ],
)
def test_networks_are_those_that_one_person_can_hop_about_in(
    one: str, other: str, same: tuple[bool, bool]
) -> None:
    """An IPv6 customer has 2**64 addresses."""
    assert tuple(a == b for a, b in zip(circles(one), circles(other), strict=True)) == same


def test_proof_of_work_is_asked_for_where_the_operator_wants_it(
    store: Store, data_dir: Path
) -> None:
    """A wave of bots can be made costly without asking a third party who our readers are."""
    web = WebService(store, data_dir, proof_of_work=8)
    page = web.get("/en/subscribe")
    assert "data-bits" in page.text
    assert "<noscript>" in page.text
    stamp = web.stamp("/en/subscribe")
    web.clock.advance(timedelta(seconds=5))
    given = {"email": ADDRESS, "language": "en", "topics": "bulletin", "stamp": stamp}

    def enough(number: int, address: str) -> bool:
        return hashlib.sha256(f"{stamp}:{address}:{number}".encode()).digest()[0] == 0

    eve = "eve@example.org"
    idle = next(n for n in itertools.count() if not enough(n, ADDRESS))  # 0 may be enough by chance
    good = next(n for n in itertools.count() if enough(n, ADDRESS) and not enough(n, eve))
    assert web.post("/en/subscribe", given | {"work": str(idle)}).status_code == 422
    other = given | {"email": eve, "work": str(good)}
    assert web.post("/en/subscribe", other).status_code == 422, "each address costs its own"
    assert web.post("/en/subscribe", given | {"work": str(good)}).status_code == 200


def test_no_script_is_on_the_page_without_proof_of_work(web: WebService) -> None:
    """Nothing here needs JavaScript."""
    assert "<script" not in web.get("/en/subscribe").text


def test_scripts_of_listed_websites_may_use_the_form_and_no_others(
    store: Store, data_dir: Path
) -> None:
    """CORS for the institution's own site, as JSON."""
    web = WebService(store, data_dir, allowed_origins=["https://www.example.org"])
    asks = {"Accept": "application/json"}
    listed, other = asks | {"Origin": "https://www.example.org"}, asks | {"Origin": "https://x.net"}
    assert web.get("/en/subscribe/stamp", **other).status_code == 403
    given = web.get("/en/subscribe/stamp", **listed)
    assert given.headers["access-control-allow-origin"] == "https://www.example.org"
    web.clock.advance(timedelta(seconds=5))
    form = {"email": ADDRESS, "topics": "bulletin", "stamp": given.json()["stamp"]}
    wrong = web.post("/en/subscribe", form | {"email": "x"}, **listed)
    assert (wrong.status_code, list(wrong.json()["wrong"])) == (422, ["email"])
    sent = web.post("/en/subscribe", form, **listed)
    assert sent.json() == {"status": "accepted"}
    assert sent.headers["access-control-allow-origin"] == "https://www.example.org"
    assert "access-control-allow-origin" not in web.post("/en/subscribe", form, **other).headers


def test_a_form_is_acted_on_once_and_by_another_worker_if_one_dies(web: WebService) -> None:
    """Law 10: what was thanked for is done, whatever dies meanwhile."""
    web.subscribe()
    (taken,) = forms.take(web.store, web.clock.now(), 60, 10)
    assert taken.form.address == ADDRESS
    assert web.forms.process() == 0, "somebody has it"
    web.clock.advance(timedelta(seconds=61))
    assert web.forms.process() == 1
    assert web.mail.status() == "pending"
    assert forms.waiting(web.store) == 0
    web.clock.advance(timedelta(seconds=61))
    assert web.forms.process() == 0


def test_a_form_over_which_workers_die_is_given_up_and_told(web: WebService) -> None:
    """Law 11: nothing is dropped in silence."""
    web.subscribe()
    for _ in range(3):
        forms.take(web.store, web.clock.now(), 60, 10)
        web.clock.advance(timedelta(seconds=61))
    web.forms.process()
    assert forms.waiting(web.store) == 0
    told = [one for one in web.mail.events() if one["type"] == "form.ignored"]
    assert [one["reason"] for one in told] == ["several workers ended over it"]


def test_form_event_and_job_are_there_together(web: WebService) -> None:
    """Law 9."""
    from mailer.store.queue import QueueName, queue

    web.subscribe()
    jobs = queue(web.store.redis, QueueName.URGENT).jobs
    assert [job.func_name for job in jobs] == ["mailer.workers.jobs.read_forms"]
    assert [one["type"] for one in web.mail.events()] == ["form.received"]


def given(web: WebService, address: str, stamp: str, **more: str) -> httpx.Response:
    """Send the form with a stamp that was had before."""
    form = {"email": address, "language": "en", "topics": "bulletin", "stamp": stamp}
    return web.post("/en/subscribe", form | more)


def test_a_stamp_serves_one_form(web: WebService) -> None:
    """One page that a program fetched must not subscribe a thousand addresses."""
    stamp = web.stamp("/en/subscribe")
    web.clock.advance(timedelta(seconds=3))
    assert given(web, ADDRESS, stamp).status_code == 200
    for n in range(5):
        refused = given(web, f"x{n}@example.net", stamp)
        assert refused.status_code == 422
        assert "used already" in refused.text
    again = re.search(r'name="stamp" value="([^"]*)"', refused.text)
    assert again is not None
    assert again[1] != stamp
    assert "x4@example.net" in refused.text
    web.clock.advance(timedelta(seconds=3))
    assert given(web, "x4@example.net", again[1]).status_code == 200
    web.forms.process()
    assert {mail["To"] for mail in web.mail.sent()} == {ADDRESS, "x4@example.net"}


def test_a_form_sent_twice_is_thanked_for_twice_and_kept_once(web: WebService) -> None:
    """A person who presses the button twice did nothing wrong, and is not counted twice."""
    stamp = web.stamp("/en/subscribe")
    web.clock.advance(timedelta(seconds=3))
    answers = [given(web, ADDRESS, stamp) for _ in range(30)]
    assert {(one.status_code, one.text) for one in answers} == {(200, answers[0].text)}
    assert web.mail.types().count("form.received") == 1
    assert web.forms.process() == 1
    assert {given(web, ADDRESS, stamp).status_code for _ in range(3)} == {200}
    assert web.forms.process() == 0


def test_two_people_get_two_stamps_in_the_same_second(web: WebService) -> None:
    """Otherwise the second of them would be told that the page was used."""
    one, other = (web.stamp("/en/subscribe") for _ in range(2))
    web.clock.advance(timedelta(seconds=3))
    assert given(web, ADDRESS, one).status_code == 200
    assert given(web, "bea@example.net", other).status_code == 200


def test_a_form_beyond_a_limit_may_be_sent_again_later(store: Store, data_dir: Path) -> None:
    """A form that was not kept did not use up its stamp."""
    web = WebService(store, data_dir, forms_per_address=1)
    stamps = [web.stamp("/en/subscribe") for _ in range(2)]
    web.clock.advance(timedelta(seconds=3))
    assert [given(web, f"a{n}@example.org", one).status_code for n, one in enumerate(stamps)] == [
        200,
        429,
    ]
    for key in store.redis.scan_iter("mailer:forms:limit:*"):
        store.redis.delete(key)
    assert given(web, "a1@example.org", stamps[1]).status_code == 200
