"""The look by the API: seen by those who read, changed by owners, its words by editors."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from mailer.domain.access.rights import Role
from mailer.store.server.connection import Store
from support.service.api_client import ApiClient


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiClient:
    """The API."""
    return ApiClient(store, data_dir)


def test_a_change_shows_on_the_next_page(api: ApiClient) -> None:
    """Without a restart."""
    assert "The Bulletin" in api.web.get("/en/subscribe").text
    answer = api.ask("PATCH", "/look", json={"parts": {"list_title": {"en": "Letter <b>"}}})
    assert answer.status_code == 200
    assert answer.json()["revision"] == 1
    assert answer.json()["origins"]["list_title"] == "console"
    assert answer.json()["origins"]["accent"] == "default"
    page = api.web.get("/en/subscribe").text
    assert "Letter &lt;b&gt;" in page
    assert "<b>" not in page
    assert "The Bulletin" not in page
    assert api.get("/settings").json()["settings"]["topics"]["origin"] == "default"
    api.ask(
        "PATCH", "/look", json={"parts": {"topics": {"bulletin": {}, "press": {"name": "Press"}}}}
    )
    assert api.get("/settings").json()["settings"]["topics"]["origin"] == "console"
    assert "Press" in api.web.get("/en/subscribe").text
    restored = api.post("/look/restore", {"revision": 0})
    assert restored.json()["parts"] == {}
    assert "Press" not in api.web.get("/en/subscribe").text
    history = api.get("/look/history?limit=2")
    assert [one["revision"] for one in history.json()["items"]] == [3, 2]
    assert history.json()["next"]


def test_rights(api: ApiClient) -> None:
    """Editors change words; only owners who speaks."""
    editor, reader = api.token_of(Role.EDITOR), api.token_of(Role.READER)
    words = {"parts": {"texts": {"en": {"welcome.heading": "Hello"}}}}
    name = {"parts": {"sender_name": "Boss"}}
    assert api.get("/look", token=reader).status_code == 200
    assert api.ask("PATCH", "/look/words", json=words, token=reader).status_code == 403
    assert api.ask("PATCH", "/look/words", json=words, token=editor).status_code == 200
    assert api.ask("PATCH", "/look", json=name, token=editor).status_code == 403
    assert api.ask("PATCH", "/look/words", json=name, token=editor).status_code == 422
    assert api.post("/look/restore", {"revision": 0}, token=editor).status_code == 403


def test_what_is_wrong_is_told_by_place(api: ApiClient) -> None:
    """With the colour that could be taken."""
    answer = api.ask("PATCH", "/look", json={"parts": {"accent": "#ffcc00", "imprint": 3}})
    assert answer.status_code == 422
    errors = {one["field"]: one for one in answer.json()["errors"]}
    assert errors["accent"]["facts"]["proposal"] == "#8c7000"
    assert errors["imprint"]["code"] == "look.no_text"
    api.ask("PATCH", "/look", json={"parts": {"imprint": "A"}})
    api.ask("PATCH", "/look", json={"parts": {"imprint": "B"}, "seen": 1})
    late = api.ask("PATCH", "/look", json={"parts": {"imprint": "C"}, "seen": 1})
    assert (late.status_code, late.json()["code"]) == (409, "look_changed")


def test_a_logo_is_taken_and_a_drawing_is_not(api: ApiClient) -> None:
    """SVG could act on whoever looks."""
    out = io.BytesIO()
    Image.new("RGB", (960, 320), "navy").save(out, "PNG")
    answer = api.ask("PUT", "/look/logo", content=out.getvalue())
    assert answer.json()["parts"]["logo"]["width"] == 480
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    refused = api.ask("PUT", "/look/logo", content=svg)
    assert refused.json()["errors"][0]["code"] == "look.picture"


def test_a_preview_of_unsaved_words(api: ApiClient) -> None:
    """Nothing is saved by it."""
    draft = {"mail": "welcome", "language": "fr", "texts": {"heading": "Bienvenue à bord"}}
    assert "Bienvenue à bord" in api.post("/look/preview", draft).json()["text"]
    assert api.get("/look").json()["revision"] == 0
    assert api.post("/look/preview", {**draft, "mail": "nothing"}).status_code == 404
