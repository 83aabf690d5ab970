"""Every request to the pages gets an answer; a fault of ours (500) is a defect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from mailer.store.server.connection import open_store
from support.service.whole_site import LANGUAGES, Crawler, WholeSite, links_in

HONEST: Final = {503}
"""The store is away: no fault of the page."""
MANY: Final = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
AWKWARD: Final = st.sampled_from(
    [
        *("", " ", "\x00", "\r\nX-Header: 1", "a" * 3000, "%00", "%", "../../etc/passwd", "\u202e"),
        *(
            "' OR 1=1",
            "{{7*7}}",
            "<script>",
            "２０２３",
            "2023-02-30",
            "-1",
            "9" * 40,
            "\U0001f4e7",
        ),
        *("ana@example.org", "ana@exämple.org", '"a b"@example.org', "ana@[192.0.2.1]", "@", "a@b"),
        *("en", "xx", "fr-CA", "bulletin", "meetings", "2030-01-01", "on", "1"),
    ]
)
TEXT: Final = AWKWARD | st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
_FORM: Final = re.compile(r'<form\b[^>]*method="post"[^>]*>.*?</form>', re.DOTALL)
_FIELD: Final = re.compile(r"<(?:input|button|select|textarea)\b[^>]*>")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    """A list that has been running for a while, in a store of its own."""
    folder = tmp_path_factory.mktemp("site")
    store = open_store(folder / "data")
    yield WholeSite(store, folder / "data")
    store.close()


@pytest.fixture(scope="module")
def forms(site: WholeSite) -> list[tuple[str, list[tuple[str, str]]]]:
    """Find every form that changes something: where it leads, its fields and what is in them."""
    crawler = Crawler(site)
    crawler.crawl("/", site.invitation("en"), *set().union(*map(links_in, site.mails())))
    found = {}
    for path, (_, _, text) in crawler.pages.items():
        for form in _FORM.findall(text):
            target = _attribute(form, "action").replace("&amp;", "&") or path
            fields = [
                (_attribute(field, "name"), _attribute(field, "value"))
                for field in _FIELD.findall(form)
                if _attribute(field, "name")
            ]
            found[target.removeprefix(crawler.base)] = fields
    assert {"leave", "confirm", "preferences", "rsvp"} <= {target.split("/")[1] for target in found}
    assert any(target.endswith("/subscribe") for target in found)
    return sorted(found.items())


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{name}="([^"]*)"', tag.partition(">")[0])
    return found[1] if found else ""


@pytest.fixture(scope="module")
def described(site: WholeSite) -> list[st.SearchStrategy[Any]]:
    """Make requests from the framework's own description of each operation (OpenAPI)."""
    schema = schemathesis.openapi.from_dict(site.app.app.openapi())
    results = schema.get_all_operations()
    operations = [found.ok() for found in results if isinstance(found, Ok)]
    assert len(operations) > 20
    return [
        operation.as_strategy(generation_mode=mode)
        for operation in operations
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    ]


@given(st.data())
@settings(MANY, max_examples=200)
def test_no_described_request_makes_a_page_fail(
    site: WholeSite, described: list[st.SearchStrategy[Any]], data: st.DataObject
) -> None:
    """Each operation with paths and queries as its description allows and forbids."""
    case = data.draw(data.draw(st.sampled_from(described)))
    answer = site.ask(
        case.method, case.formatted_path, params=dict(case.query), headers=dict(case.headers)
    )
    assert answer.status_code < 500 or answer.status_code in HONEST


@given(st.data())
@MANY
def test_no_path_makes_a_page_fail(site: WholeSite, data: st.DataObject) -> None:
    """Robots try everything."""
    parts = st.sampled_from([*LANGUAGES, "editions", "calendar", "leave", "static", "images", "xx"])
    path = "/" + "/".join(data.draw(st.lists(parts | TEXT, max_size=4)))
    query = data.draw(st.dictionaries(st.sampled_from(["q", "lang", "on", "when"]), TEXT))
    method = data.draw(st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "DELETE", "PUT"]))
    wishes = st.sampled_from(["", "fr;q=x", "*" * 2000, "en-US,en;q=0.5", ";;,,q=1"])
    headers = {"Accept-Language": data.draw(wishes), "If-None-Match": data.draw(wishes)}
    headers["If-Modified-Since"] = data.draw(st.sampled_from(["", "x", "Mon, 99 Foo 0000"]))
    answer = site.ask(
        method, f"{site.settings.public_url}{quote(path)}", params=query, headers=headers
    )
    assert answer.status_code < 500 or answer.status_code in HONEST


@given(st.data())
@MANY
def test_no_form_makes_a_page_fail(
    site: WholeSite, forms: list[tuple[str, list[tuple[str, str]]]], data: st.DataObject
) -> None:
    """Fields missing, doubled, too long, of another kind, or another form's altogether."""
    target, fields = data.draw(st.sampled_from(forms))
    names = [name for name, _ in fields]
    filled: dict[str, Any] = {}
    for name, value in fields:
        filled[name] = data.draw(st.just(value) | TEXT | st.lists(TEXT, max_size=3))
    for name in data.draw(st.lists(st.sampled_from(names), max_size=3)) if names else ():
        filled.pop(name, None)
    filled |= data.draw(st.dictionaries(TEXT, TEXT, max_size=2))
    origins = st.sampled_from([site.settings.public_url, "https://evil.example.net", "null", ""])
    headers = {"Origin": data.draw(origins)}
    answer = site.ask("POST", target, data=filled, headers=headers)
    assert answer.status_code < 500 or answer.status_code in HONEST


@given(st.data())
@MANY
def test_no_body_makes_a_page_fail(
    site: WholeSite, forms: list[tuple[str, list[tuple[str, str]]]], data: st.DataObject
) -> None:
    """The body that is sent may be no form at all."""
    target, _ = data.draw(st.sampled_from(forms))
    kinds = [
        *("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"),
        *(
            "multipart/form-data",
            "application/json",
            "",
            "application/x-www-form-urlencoded; charset=x",
        ),
    ]
    bodies = st.binary(max_size=300) | st.sampled_from(
        [
            b"--x\r\n",
            b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n\xff\r\n--x--\r\n',
        ]
    )
    headers = {
        "Content-Type": data.draw(st.sampled_from(kinds)),
        "Origin": str(site.settings.public_url),
    }
    answer = site.ask("POST", target, content=data.draw(bodies), headers=headers)
    assert answer.status_code < 500 or answer.status_code in HONEST
