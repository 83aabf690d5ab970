"""Answering an invitation on its page: seeing it answers nothing, a button does."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.domain.calendar.attendance import Attendance
from mailer.domain.calendar.entry import Status
from mailer.store.calendar import attendance
from mailer.store.server.connection import Store
from support.service.whole_site import MORE_ENTRIES, WholeSite, snapshot


@pytest.fixture
def web(store: Store, data_dir: Path) -> WholeSite:
    """A site with an invitation to a round table."""
    return WholeSite(store, data_dir)


def stamp_on(text: str) -> str:
    """Return what the form on a page holds."""
    found = re.search(r'name="stamp" value="([^"]+)"', text)
    assert found is not None
    return found[1]


def answer_of(web: WholeSite, reader: str) -> Attendance | None:
    """Return what a reader answered."""
    known = attendance.get(web.store, "round-table", web.readers[reader], "")
    return known.attendance if known else None


@pytest.mark.parametrize(
    ("reader", "title", "question", "thanks"),
    [
        ("en", "Round table", "Will you come?", "We have noted that you may come."),
        (
            "fr",
            "Table ronde",
            "Viendrez-vous\u202f?",
            "Nous avons noté que vous viendrez peut-être.",
        ),
        ("es", "Mesa redonda", "¿Asistirá?", "Hemos anotado que quizás asista."),
    ],
)
def test_an_invitation_is_answered_in_the_reader_s_language(
    web: WholeSite, reader: str, title: str, question: str, thanks: str
) -> None:
    """A reader whose calendar program does not answer, or who has none, answers here."""
    path = web.invitation(reader)
    page = web.get(path)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert title in page.text
    assert question in page.text
    assert f"reader-{reader}@example.org" in page.text
    assert answer_of(web, reader) is None
    done = web.post(path, {"stamp": stamp_on(page.text), "answer": "tentative"})
    assert done.status_code == 200
    assert thanks in done.text
    assert answer_of(web, reader) is Attendance.TENTATIVE


def test_who_has_to_register_is_told_so_before_how_to_join(web: WholeSite) -> None:
    """A yes here is not a registration there, and the door would be shut."""
    register = "https://example.org/dinner/register"
    dinner = replace(MORE_ENTRIES[3], id="dinner", registration={"fr": register})
    web.put_down(dinner)
    page = web.get(web.invitation("fr", "dinner")).text
    assert page.index(register) < page.index(dinner.online)
    assert "Participer en ligne (inscription obligatoire)" in page
    assert dinner.online not in web.get("/fr/calendar/dinner").text
    assert "obligatoire" not in web.get(web.invitation("fr")).text


def test_an_answer_can_be_changed(web: WholeSite) -> None:
    """Plans change; the last word counts, and the page says what it was."""
    path = web.invitation("en")
    stamp = stamp_on(web.get(path).text)
    web.post(path, {"stamp": stamp, "answer": "accepted"})
    assert "You have said that you will come." in web.get(path).text
    web.clock.advance(timedelta(hours=1))
    web.post(path, {"stamp": stamp, "answer": "declined"})
    assert answer_of(web, "en") is Attendance.DECLINED


def test_looking_is_no_answer(web: WholeSite) -> None:
    """Law 5: a scanner that opens the link must not accept for its reader."""
    before = snapshot(web.store)
    for _ in range(2):
        assert web.get(web.invitation("en")).status_code == 200
        assert web.head(web.invitation("en")).status_code == 200
    assert snapshot(web.store) == before


@pytest.mark.parametrize(
    ("form", "headers", "status"),
    [
        ({"answer": "accepted"}, {}, 403),
        ({"answer": "accepted", "stamp": "1-x"}, {}, 403),
        ({"answer": "accepted", "stamp": "GOOD"}, {"Origin": "https://evil.example.net"}, 403),
        ({"answer": "accepted", "stamp": "GOOD"}, {"Sec-Fetch-Site": "cross-site"}, 403),
        ({"answer": "perhaps", "stamp": "GOOD"}, {}, 400),
        ({"stamp": "GOOD"}, {}, 400),
    ],
)
def test_only_our_own_page_answers(
    web: WholeSite, form: dict[str, str], headers: dict[str, str], status: int
) -> None:
    """Another website must not answer in a reader's name."""
    path = web.invitation("en")
    good = stamp_on(web.get(path).text)
    filled = {name: value.replace("GOOD", good) for name, value in form.items()}
    assert web.post(path, filled, **headers).status_code == status
    assert answer_of(web, "en") is None


def test_a_false_token_is_not_found(web: WholeSite) -> None:
    """Nobody answers for another, nor learns who was invited."""
    path = web.invitation("en")
    wrong = path[:-1] + ("0" if path[-1] != "0" else "1")
    assert web.get(wrong).status_code == 404
    assert web.get("/rsvp/nonsense").status_code == 404
    assert web.post(wrong, {"answer": "accepted"}).status_code == 404
    assert web.get(f"{path}?on=2023-06-16T10:00:00").status_code == 404


def test_what_cannot_be_answered_any_more_says_why(web: WholeSite) -> None:
    """A button that does nothing would leave its reader waiting."""
    path = web.invitation("fr")
    stamp = stamp_on(web.get(path).text)
    web.change("round-table", status=Status.CANCELLED)
    page = web.get(path).text
    assert "aucune réponse n’est nécessaire" in page
    assert "<form" not in page
    late = web.post(path, {"stamp": stamp, "answer": "accepted"})
    assert late.status_code == 200
    assert "Nous avons noté" not in late.text
    assert answer_of(web, "fr") is None
    assert "everybody is welcome" in web.get(web.invitation("en", "msme-day-2023")).text


def test_an_answer_may_count_for_one_date_or_for_all(web: WholeSite) -> None:
    """A reader who comes to one of thirty dates must see which; so must one who comes to all."""
    web.change("coffee", invite=True)
    path = web.invitation("en", "coffee")
    page = web.get(path).text
    assert "your answer counts for all of them" in page
    assert "Tuesday, 18 April 2023" in page
    one = f"{path}?on=2023-05-02T09:30:00"
    page = web.get(one).text
    assert "counts for all" not in page
    assert "Tuesday, 2 May 2023" in page
    web.post(one, {"stamp": stamp_on(page), "answer": "accepted"})
    known = attendance.get(web.store, "coffee", web.readers["en"], "2023-05-02T09:30:00")
    assert known
    assert known.attendance is Attendance.ACCEPTED
    assert attendance.get(web.store, "coffee", web.readers["en"], "") is None
    assert web.post(path, {"stamp": stamp_on(page), "answer": "accepted"}).status_code == 403
