"""Editions by the API: uploaded as one file, looked over, and seen as readers would."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from mailer.services.access import audit
from mailer.store.server.connection import Store
from support.places import ROOT
from support.samples.archives import tar_of, tarred, zipped
from support.service.api_client import ApiClient
from support.service.small_campaign import FILES

SPRING = ROOT / "mailer" / "demo" / "spring-2023"


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiClient:
    """An API over an empty store."""
    return ApiClient(store, data_dir)


def test_uploaded_edition_is_as_one_imported_from_its_folder(api: ApiClient) -> None:
    """The whole bulletin, with its pictures and standing blocks."""
    files = {
        path.relative_to(SPRING).as_posix(): path.read_bytes()
        for path in SPRING.rglob("*")
        if path.is_file()
    }
    answer = api.post("/editions", content=zipped(files, "spring-2023/"))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["changed"], made["edition"]["languages"]) == (True, ["en", "fr", "es"])
    assert answer.headers["location"] == "/api/v1/editions/spring-2023"
    assert api.get("/editions").json()["items"] == [made["edition"]]
    again = api.post("/editions", content=tarred(files, packed=True)).json()
    assert (again["changed"], again["edition"]["version"]) == (False, made["edition"]["version"])
    found = api.get("/editions/spring-2023/findings").json()
    assert (found["edition"], found["errors"]) == ("spring-2023", 0)
    last = audit.newest(api.store, 1)[0]
    assert (last.act, last.phase, last.facts) == ("editions.import", "done", {"name": "archive"})


@pytest.mark.parametrize(
    ("form", "kind", "words"),
    [
        ("html", "text/html; charset=utf-8", "Bonjour"),
        ("text", "text/plain; charset=utf-8", "Bonjour"),
        ("eml", "message/rfc822", "Subject: Nouvelles"),
    ],
)
def test_edition_is_seen_as_its_readers_would(
    api: ApiClient, form: str, kind: str, words: str
) -> None:
    """In each of its languages and forms; nothing in it acts where it is shown."""
    api.post("/editions", content=zipped(FILES))
    answer = api.get(f"/editions/small/preview?language=fr&format={form}&name=Ana&tag=vip")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert words in answer.text
    assert api.get("/editions/small/preview?language=de").status_code == 404


def test_edition_is_replaced_only_as_it_was_seen(api: ApiClient) -> None:
    """Two people who edit the same one do not overwrite each other."""
    anew = zipped(FILES | {"en.md": FILES["en.md"] + b"\nMore.\n"})
    new = api.post("/editions", content=zipped(FILES), headers={"If-Match": '"x"'})
    assert (new.status_code, new.json()["code"]) == (412, "changed")
    api.post("/editions", content=zipped(FILES))
    tag = api.get("/editions/small").headers["etag"]
    assert api.post("/editions", content=anew, headers={"If-Match": tag}).status_code == 201
    stale = api.post("/editions", content=zipped(FILES), headers={"If-Match": tag})
    assert stale.status_code == 412


def test_looked_over_without_being_kept(api: ApiClient) -> None:
    """A program that writes editions tries them first."""
    found = api.post("/editions/check", content=zipped(FILES | {"en.md": b"no front matter"}))
    assert found.status_code == 200, found.text
    assert found.json()["errors"] >= 1
    assert {one["code"] for one in found.json()["findings"]} >= {"edition.front_matter"}
    assert api.get("/editions").json()["items"] == []


@pytest.mark.parametrize("path", ["/editions", "/editions/check"])
@pytest.mark.parametrize("body", [b"", b"none", tar_of(tarfile.SYMTYPE), b"PK\x03\x04" * 9])
def test_bad_archive_is_refused(api: ApiClient, path: str, body: bytes) -> None:
    """With the reason, and without a trace."""
    answer = api.post(path, content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert "tmp" not in answer.text


@pytest.mark.parametrize(
    "slug", ["none", "a%0Ab", "%2e", "mailer", "%2e%2e%2fmailer", "mailer%2Fdemo"]
)
def test_folder_of_the_machine_is_no_edition(
    api: ApiClient, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a terminal a name may be a folder's; here it would read what is on the server."""
    monkeypatch.chdir(ROOT)
    for rest in ("", "/findings", "/preview"):
        answer = api.get(f"/editions/{slug}{rest}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_list_is_read_page_by_page(api: ApiClient) -> None:
    """The newest come first; each is on one page."""
    for name in ("a", "b", "c"):
        sheet = FILES["edition.toml"].replace(b'"small"', f'"{name}"'.encode())
        api.post("/editions", content=zipped(FILES | {"edition.toml": sheet}))
    seen, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/editions?limit=2&cursor={cursor}").json()
        seen.append([one["edition"] for one in page["items"]])
        cursor = page["next"]
    assert seen == [["c", "b"], ["a"]]


def test_a_draft_is_begun_from_an_archive_and_taken_out_as_one(api: ApiClient) -> None:
    """Also one whose texts are not right yet: it is mended at the console."""
    spoilt = FILES | {"fr.md": FILES["fr.md"] + b"\n::: box\nnever closed\n"}
    made = api.post("/drafts", content=zipped(spoilt))
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "/api/v1/drafts/1"
    assert made.json()["languages"]["fr"]["percent"] == 100
    assert api.get("/drafts/1").json() == made.json()
    assert api.get("/drafts").json()["items"] == [made.json()]
    found = api.get("/drafts/1/findings").json()
    assert [one["place"] for one in found["findings"]] == ["fr.md:10"]
    packed = api.get("/drafts/1/archive")
    assert packed.headers["content-disposition"] == 'attachment; filename="small.zip"'
    again = api.post("/drafts", content=packed.content).json()
    assert again["draft"] == 2
    assert api.get("/drafts/2/archive").content == packed.content
    assert api.get("/drafts/9").status_code == 404
