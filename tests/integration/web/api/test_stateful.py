"""Requests that follow from one another, drawn at random: no defect, and nothing undocumented.

What one request made, another changes: so the rules of states are met, and not only unknown names.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mailer.store.server.connection import Store
from support.samples.archives import zipped
from support.service.api_campaign import ApiCampaign
from support.service.small_campaign import FILES

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
STEPS: Final = 12
HISTORIES: Final = 15
PLACES: Final = ("1", "2", "3")
NAMES: Final = ("meeting", "other")
SIZES: Final[st.SearchStrategy[dict[str, Any]]] = st.sampled_from(
    [{"readers": 3}, {"readers": 2}, {"any_size": True}, {}, {"readers": 4, "tolerance": 2}]
)
ENTRY: Final[dict[str, Any]] = {
    "start": "2023-05-10T14:00",
    "zone": "Europe/Zurich",
    "title": {"en": "Meeting"},
}


def of_a_campaign() -> st.SearchStrategy[tuple[str, str, Any]]:
    """Draw something that is done to a campaign that may have been made."""
    bodies = {
        "send": SIZES,
        "schedule": SIZES.map(lambda size: size | {"at": "2031-04-12T09:00"}),
        "resume": SIZES,
        "propose": st.sampled_from([{}, {"at": "2031-04-12T09:00:00Z"}]),
        "approve": st.just({"terms": "0" * 64}),
        "pause": st.none(),
        "cancel": st.none(),
        "withdraw": st.none(),
    }
    made = [
        st.tuples(st.just("POST"), st.just(f"/campaigns/{place}/{action}"), body)
        for place in PLACES
        for action, body in bodies.items()
    ]
    return st.one_of(made)


def of_the_rest() -> st.SearchStrategy[tuple[str, str, Any]]:
    """Draw something that makes, shows, changes or removes a thing."""
    steps: list[tuple[str, str, Any]] = [
        ("POST", "/campaigns", {"edition": "small", "topic": "bulletin"}),
        ("POST", "/campaigns", {"edition": "small", "topic": "bulletin", "rule": "segment:x"}),
        ("POST", "/editions", zipped(FILES)),
        ("PUT", "/segments/x", {"rule": "lang:fr"}),
        ("PUT", "/segments/y", {"rule": "segment:x"}),
        ("PUT", "/segments/x", {"rule": "segment:y"}),
        ("DELETE", "/segments/x", None),
        ("POST", "/segments/x/rename", {"name": "y"}),
        ("POST", "/users", {"address": "ada@example.org", "role": "editor"}),
        ("POST", "/users/2/disable", None),
        ("POST", "/users/2/role", {"role": "reader"}),
        ("POST", "/tokens", {"user": 2, "name": "x", "scopes": ["campaigns:read"]}),
        *(
            ("GET", f"/campaigns/{place}{rest}", None)
            for place in PLACES
            for rest in ("", "/forecast", "/findings", "/approval", "/deliveries")
        ),
    ]
    for name in NAMES:
        path = f"/calendar/entries/{name}"
        steps += [
            ("POST", "/calendar/entries", ENTRY | {"id": name}),
            ("PATCH", path, {"start": "2023-05-11T14:00"}),
            ("PATCH", path, {"repeat": ["FREQ=DAILY;COUNT=3"]}),
            ("PATCH", f"{path}?occurrence=2023-05-11T14:00", {"place": {"en": "A"}}),
            ("PATCH", path, {"status": "confirmed"}),
            ("POST", f"{path}/cancel", {"reason": {"en": "No."}}),
            ("GET", path, None),
        ]
    steps += [("GET", path, None) for path in ("/campaigns", "/calendar/entries", "/segments")]
    return st.sampled_from(steps)


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiCampaign:
    """An API with three readers, for programs that ask often."""
    return ApiCampaign(store, data_dir, api_requests_per_minute=1_000_000)


@pytest.fixture
def schema(api: ApiCampaign) -> Any:
    """The document."""
    return schemathesis.openapi.from_dict(api.get("/openapi.json", token="").json())


def test_no_history_ends_in_a_defect_or_in_what_is_not_documented(
    api: ApiCampaign, schema: Any
) -> None:
    """Programs do things in orders that nobody thought of."""
    steps = st.one_of(of_a_campaign(), of_the_rest())

    @seed(13)
    @given(history=st.lists(steps, min_size=STEPS, max_size=STEPS))
    @settings(max_examples=HISTORIES, database=None)
    def run(history: list[tuple[str, str, Any]]) -> None:
        for method, path, body in history:
            checked(api, schema, method, path, body)

    run()


def checked(api: ApiCampaign, schema: Any, method: str, path: str, body: Any) -> None:
    """Ask, and hold the answer to the document."""
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    answer = api.ask(method, path, headers={"If-Match": "*"}, **(content if body else {}))
    operation = schema.find_operation_by_path(method, path.partition("?")[0])
    assert operation is not None, path
    found = schemathesis.Response.from_httpx(answer, verify=False)
    names = re.findall(r"{(\w+)}", operation.path)
    case = operation.Case(path_parameters=dict.fromkeys(names, "1"))
    case.validate_response(found, checks=CHECKS)
