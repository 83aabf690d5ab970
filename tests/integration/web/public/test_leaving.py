"""Confirming, leaving and coming back by the links in mails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.domain.access.token import Purpose
from mailer.domain.campaigns.campaign import Action as Begins
from mailer.domain.events import Event
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.subscriber import Action, Status
from mailer.services.subscriptions import subscribers as vouched
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from mailer.store.subscribers import requests
from support.service.web_service import WebService

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def web(store: Store, data_dir: Path) -> WebService:
    """Pages over an empty store."""
    return WebService(store, data_dir)


def confirm_path(web: WebService) -> str:
    """Subscribe on the page; returns where the confirmation's link leads."""
    web.subscribe()
    web.forms.process()
    (number,) = requests.overdue(web.store, web.clock.now() + timedelta(days=90), 2)
    return f"/confirm/{web.site.signer.sign(Purpose.CONFIRM, number)}"


def started(web: WebService) -> int:
    """Start a campaign; returns its number."""
    now = web.clock.now()
    made = campaigns.create(
        web.store, edition="x", topic="bulletin", tags=(), unknown_policy="resend", now=now
    )
    identity = campaigns.draw_identity(web.store, made.number)
    campaigns.move(
        web.store,
        made.number,
        Begins.SEND,
        event=lambda _: Event("campaign.started", now, {"campaign": made.number}),
        changes={"started_at": now.isoformat(), "identity": f"{identity:x}"},
    )
    return made.number


def dump(store: Store) -> dict[bytes, object]:
    """Return all that the store holds."""
    return {key: store.redis.dump(key) for key in store.redis.keys("*")}


def test_case_46_a_scanner_that_opens_the_link_confirms_nothing(web: WebService) -> None:
    """Law 5: programs open every link of a mail, before its reader does."""
    path = confirm_path(web)
    before = dump(web.store)
    for _ in range(3):
        assert web.get(path).status_code == 200
        assert web.head(path).status_code == 200
    assert dump(web.store) == before
    assert web.mail.status() == "pending"


def test_case_53_one_click_needs_no_cookie_is_idempotent_and_get_changes_nothing(
    web: WebService,
) -> None:
    """RFC 8058: mail programs send it from their own servers, some several times."""
    member = web.mail.member()
    campaign = started(web)
    path = web.leave_path(member.number, campaign)
    before = dump(web.store)
    assert web.get(path).status_code == 200
    assert web.head(path).status_code == 200
    assert dump(web.store) == before
    for _ in range(3):
        answer = web.ask("POST", path, data=ONE_CLICK)
        assert (answer.status_code, answer.content) == (200, b"")
        assert "set-cookie" not in answer.headers
        assert "location" not in answer.headers
    assert web.mail.status() == "unsubscribed"
    left = [one for one in web.mail.events() if one["type"] == "subscriber.left"]
    assert [(one["how"], one["campaign"]) for one in left] == [("web", str(campaign))]
    assert web.mail.queued() == [], "who has left gets no mail about it"


def test_one_click_comes_as_multipart_too(web: WebService) -> None:
    """RFC 8058 section 3.2 allows both."""
    path = web.leave_path(web.mail.member().number)
    form = {"List-Unsubscribe": (None, "One-Click")}
    assert web.ask("POST", path, files=form).status_code == 200
    assert web.mail.status() == "unsubscribed"


@pytest.mark.parametrize("body", [{}, {"List-Unsubscribe": "x"}, {"stamp": "x"}])
def test_other_posts_to_the_link_change_nothing(web: WebService, body: dict[str, str]) -> None:
    """RFC 8058 section 3.2: what a program sends must be what the header says."""
    path = web.leave_path(web.mail.member().number)
    assert web.ask("POST", path, data=body).status_code in {400, 403}
    assert web.mail.status() == "active"


def test_leaving_by_the_button_and_coming_back(web: WebService) -> None:
    """A mistake costs one more press, not another confirmation."""
    member = web.mail.member(language="fr", topics="meetings")
    path = web.leave_path(member.number)
    shown = web.get(path)
    assert "Se désabonner" in shown.text
    assert "ana@example.org" in shown.text
    left = web.press(path)
    assert "C’était une erreur" in left.text
    assert web.mail.status() == "unsubscribed"
    back = web.press(path, f"{path}/back")
    assert back.status_code == 200
    again = web.mail.who()
    assert again is not None
    assert (again.status, again.language, again.topics) == (Status.ACTIVE, "fr", ("meetings",))
    assert again.left_at is None
    types = [one["type"] for one in web.mail.events()]
    assert types.count("subscriber.returned") == 1
    assert web.press(path).status_code == 200, "and may leave again"
    assert web.mail.status() == "unsubscribed"


def test_after_thirty_days_coming_back_needs_a_confirmation(web: WebService) -> None:
    """By then somebody else may have the mail, or the address."""
    path = web.leave_path(web.mail.member().number)
    web.press(path)
    stamp = web.stamp(path)
    web.clock.advance(timedelta(days=31))
    assert "/back" not in web.get(path).text
    assert web.post(f"{path}/back", {"stamp": stamp}).status_code == 400
    fresh = web.site.stamps.make(f"back {path.rpartition('/')[2]}")
    assert web.post(f"{path}/back", {"stamp": fresh}).status_code == 404
    assert web.mail.status() == "unsubscribed"


def _removed(web: WebService, number: int) -> None:
    vouched.change(web.store, number, Action.REMOVE, web.clock.now())


def _complained(web: WebService, number: int) -> None:
    vouched.change(web.store, number, Action.COMPLAIN, web.clock.now())


def _suppressed(web: WebService, number: int) -> None:
    path = web.leave_path(number)
    web.press(path)
    address = parse_address("ana@example.org")
    vouched.suppress(web.store, web.settings, web.clock.now(), address, "asked")


@pytest.mark.parametrize("gone", [_removed, _complained, _suppressed])
def test_only_who_left_by_themselves_come_back_so(
    web: WebService, gone: Callable[[WebService, int], None]
) -> None:
    """Law 7: a reader who was removed, complained or is suppressed stays out."""
    member = web.mail.member()
    gone(web, member.number)
    status = web.mail.status()
    path = web.leave_path(member.number)
    fresh = web.site.stamps.make(f"back {path.rpartition('/')[2]}")
    assert web.post(f"{path}/back", {"stamp": fresh}).status_code == 404
    assert web.mail.status() == status
    assert "/back" not in web.get(path).text


def test_a_suppressed_reader_who_leaves_has_left(web: WebService) -> None:
    """A suppression may be lifted one day: the wish to leave must hold then."""
    member = web.mail.member()
    address = parse_address(member.address)
    vouched.suppress(web.store, web.settings, web.clock.now(), address, "asked")
    web.ask("POST", web.leave_path(member.number), data=ONE_CLICK)
    assert web.mail.status() == "unsubscribed"


def test_erased_reader_who_leaves_again_is_thanked(web: WebService) -> None:
    """Old mail keeps its links; nobody may be told off for using one."""
    member = web.mail.member()
    path = web.leave_path(member.number)
    vouched.erase(web.store, web.settings, web.clock.now(), parse_address(member.address), "asked")
    assert web.ask("POST", path, data=ONE_CLICK).status_code == 200
    page = web.get(path)
    assert page.status_code == 200
    assert member.address not in page.text


@pytest.mark.parametrize("purpose", [Purpose.PREFERENCES, Purpose.BOUNCE, Purpose.CONFIRM])
def test_tokens_for_other_things_do_not_let_anyone_leave(web: WebService, purpose: Purpose) -> None:
    """A Message-ID that is quoted to third parties must not be a key."""
    token = web.site.signer.sign(purpose, web.mail.member().number, 0)
    assert web.ask("POST", f"/leave/{token}", data=ONE_CLICK).status_code == 404
    assert web.mail.status() == "active"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example.net"},
    ],
)
@pytest.mark.parametrize("page", ["leave", "back", "confirm"])
def test_forms_of_other_websites_are_refused(
    web: WebService, page: str, headers: dict[str, str]
) -> None:
    """CSRF: even who knows the link cannot press our buttons from another page."""
    if page == "confirm":
        path, target = (confirm_path(web),) * 2
    else:
        path = web.leave_path(web.mail.member().number)
        target = path
    if page == "back":
        web.press(path)
        target = f"{path}/back"
    before = web.mail.status()
    answer = web.post(target, {"stamp": web.stamp(path)}, **headers)
    assert answer.status_code == 403
    assert web.mail.status() == before


def test_a_stamp_is_good_for_one_token_and_one_thing_only(web: WebService) -> None:
    """A stamp from one's own page must not serve for another reader's."""
    ana, ben = web.mail.member(), web.mail.member("ben@example.org")
    stamp = web.stamp(web.leave_path(ana.number))
    assert web.post(web.leave_path(ben.number), {"stamp": stamp}).status_code == 403
    assert web.mail.status("ben@example.org") == "active"


def test_own_page_without_referrer_is_let_in(web: WebService) -> None:
    """Our pages keep their address from others, so that browsers send `Origin: null`."""
    path = web.leave_path(web.mail.member().number)
    assert web.get(path).headers["referrer-policy"] == "no-referrer"
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert web.post(path, {"stamp": web.stamp(path)}, **headers).status_code == 200


def test_pages_with_a_token_are_kept_by_nobody(web: WebService) -> None:
    """Caches, search engines and the sites that one goes to next must not learn the link."""
    path = web.leave_path(web.mail.member().number)
    headers = web.get(path).headers
    assert headers["cache-control"] == "no-store"
    assert 'content="noindex, nofollow"' in web.get(path).text


def test_confirming_twice_and_late(web: WebService) -> None:
    """Cases 44 and 36, on the page."""
    path = confirm_path(web)
    stamp = web.stamp(path)
    assert "You are subscribed" in web.post(path, {"stamp": stamp}).text
    assert "subscribed already" in web.post(path, {"stamp": stamp}).text
    assert "subscribed already" in web.get(path).text
    assert web.mail.queued() == ["confirm", "welcome"]


def test_who_confirms_too_late_is_asked_anew(web: WebService) -> None:
    """Case 36: the link is over, and one press brings another."""
    path = confirm_path(web)
    web.clock.advance(timedelta(days=8))
    assert "This link is over" in web.get(path).text
    assert "look into your mailbox" in web.press(path).text
    assert web.mail.queued() == ["confirm", "confirm"]
    assert web.mail.status() == "pending"


def test_links_that_are_not_ours_are_told_so_in_the_readers_language(web: WebService) -> None:
    """A link that was cut in half is the usual case, and its owner needs help."""
    for path in ("/confirm/1-abc", "/leave/1-0-0000000000000000", "/preferences/x"):
        page = web.get(path, **{"Accept-Language": "es"})
        assert page.status_code == 404
        assert "Este enlace no está completo" in page.text


def test_one_click_on_a_topic_leaves_that_topic_alone(web: WebService) -> None:
    """Mails of a template name one; the rest of the subscription stays, however often it comes."""
    member = web.mail.member(topics="bulletin meetings")
    path = f"{web.leave_path(member.number)}?topic=meetings"
    before = dump(web.store)
    assert web.get(path).status_code == 200
    assert dump(web.store) == before
    for _ in range(3):
        answer = web.ask("POST", path, data=ONE_CLICK)
        assert (answer.status_code, answer.content) == (200, b"")
    found = web.mail.who()
    assert found is not None
    assert (found.status, found.topics) == (Status.ACTIVE, ("bulletin",))


def test_leaving_the_only_topic_is_leaving(web: WebService) -> None:
    """A subscriber to nothing would get nothing, and not know why."""
    member = web.mail.member(topics="meetings")
    path = f"{web.leave_path(member.number)}?topic=meetings"
    assert web.ask("POST", path, data=ONE_CLICK).status_code == 200
    assert web.mail.status() == "unsubscribed"


@pytest.mark.parametrize("topic", ["press", "%3Cb%3E", "x" * 5000])
def test_leaving_a_topic_that_one_has_not_changes_nothing(web: WebService, topic: str) -> None:
    """Anybody can change an address, and sees their own words nowhere."""
    member = web.mail.member(topics="bulletin")
    path = f"{web.leave_path(member.number)}?topic={topic}"
    answer = web.ask("POST", path, data=ONE_CLICK)
    assert answer.status_code == 200
    assert "<b>" not in web.get(path).text
    assert web.mail.status() == "active"


def test_a_reader_sees_which_topic_the_button_stops(web: WebService) -> None:
    """The page says what stays, and links to everything else."""
    member = web.mail.member(topics="bulletin meetings", language="fr")
    path = f"{web.leave_path(member.number)}?topic=meetings"
    assert "rappels de réunions" in web.get(path).text
    pressed = web.press(path)
    assert pressed.status_code == 200
    assert "C’est arrêté" in pressed.text
    assert "/preferences/" in pressed.text
    assert web.mail.status() == "active"
    assert web.ask("POST", "/leave/nonsense?topic=meetings", data=ONE_CLICK).status_code == 404
