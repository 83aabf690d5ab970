"""Whoever asks the API is known, may do what they ask, and does not ask too often."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain
from pathlib import Path

import pytest

from mailer.domain.access.acts import ACTS
from mailer.domain.access.rights import GIVEN, RIGHTS, Right, Role
from mailer.services.access import api_tokens, audit
from mailer.services.access.bearing import FAILURES
from mailer.store.server.connection import Store
from mailer.web.api.app import ROUTERS
from mailer.web.api.operation import ACT, routes_of
from support.service.api_client import ApiClient

ROUTES = sorted(
    (method, route.path_format, (route.openapi_extra or {})[ACT])
    for route in routes_of(ROUTERS)
    for method in route.methods or ()
)


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiClient:
    """An API over an empty store."""
    return ApiClient(store, data_dir)


def some(path: str) -> str:
    """Put a number where a path has a parameter."""
    return "/".join("1" if part.startswith("{") else part for part in path.split("/"))


@pytest.mark.parametrize(("method", "path", "act"), ROUTES)
def test_every_route_is_an_act_that_its_right_alone_opens(
    api: ApiClient, method: str, path: str, act: str
) -> None:
    """A route that asked for another right, or for none, would be a way around the table."""
    right = ACTS[act].right
    assert right is not None
    assert api.ask(method, some(path), token="").status_code == 401
    others = sorted(RIGHTS[Role.OWNER] - {right})
    refused = api.ask(method, some(path), token=api.token_of(Role.OWNER, others))
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    let_in = api.ask(method, some(path), token=api.token_of(Role.OWNER, [right]))
    assert let_in.status_code != 403, let_in.text


@pytest.mark.parametrize("role", GIVEN)
@pytest.mark.parametrize(("method", "path", "act"), ROUTES)
def test_role_decides_whatever_the_scopes_say(
    api: ApiClient, method: str, path: str, act: str, role: Role
) -> None:
    """A token acts for its user: who lost a role must not keep its rights in a program."""
    answer = api.ask(method, some(path), token=api.token_of(role))
    allowed = ACTS[act].right in RIGHTS[role]
    assert (answer.status_code != 403) == allowed, answer.text


def test_document_lists_every_route_and_no_page(api: ApiClient) -> None:
    """What is not in the document is not found by those who write clients."""
    document = api.get("/openapi.json", token="").json()
    assert document["openapi"].startswith("3.1")
    listed = {
        (method.upper(), path) for path, found in document["paths"].items() for method in found
    }
    assert listed == {(method, path) for method, path, _ in ROUTES}


def test_unknown_path_is_refused_before_it_is_known_to_be_none(api: ApiClient) -> None:
    """Strangers learn nothing; a program's author is told what was wrong."""
    assert api.get("/nothing", token="").status_code == 401
    answer = api.get("/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_path")
    assert answer.headers["content-type"] == "application/problem+json"
    wrong = api.ask("DELETE", "/subscribers/count")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "given",
    ["", "Basic YTpi", "Bearer", "Bearer x", f"Bearer mailer_{'a' * 10}_{'b' * 43}", "Bearer \xe9"],
)
def test_whoever_bears_no_token_of_ours_is_told_how_to(api: ApiClient, given: str) -> None:
    """The answer is the same for all, so that nobody learns which tokens exist."""
    headers = {"Authorization": given.encode("latin-1")} if given else {}
    answer = api.get("/subscribers/count", token="", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="mailer"'


def test_revoked_token_is_none_any_more(api: ApiClient) -> None:
    """A program that lost its token must be shut out at once."""
    assert api.get("/subscribers/count").status_code == 200
    name = api.token.split("_")[1]
    api_tokens.revoke(api.store, api.clock.now(), name)
    assert api.get("/subscribers/count").status_code == 401


def test_token_whose_time_is_over_is_none_any_more(api: ApiClient) -> None:
    """An end that was set must be one."""
    api.clock.advance(timedelta(days=31))
    assert api.get("/subscribers/count").status_code == 401


def test_guessing_is_held_up_and_locks_out_nobody_else(api: ApiClient) -> None:
    """Whoever shares a network with an attacker still gets in."""
    for _ in range(FAILURES):
        assert api.get("/subscribers/count", token="x").status_code == 401
    answer = api.get("/subscribers/count", token="x")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) <= 60
    assert api.get("/subscribers/count").status_code == 200
    api.web.client = ("198.51.100.9", 40000)
    assert api.get("/subscribers/count", token="x").status_code == 401


def test_token_that_asks_too_often_is_told_to_wait(store: Store, data_dir: Path) -> None:
    """One program in a loop must not take the store from the sender."""
    api = ApiClient(store, data_dir, api_requests_per_minute=2)
    first = api.get("/subscribers/count")
    assert first.headers["ratelimit-policy"] == '"minute";q=2;w=60'
    assert first.headers["ratelimit"].startswith('"minute";r=1;t=')
    api.get("/subscribers/count")
    answer = api.get("/subscribers/count")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert "retry-after" in answer.headers
    assert api.get("/subscribers/count", token=api.token_of(Role.READER)).status_code == 200


def test_what_a_token_was_refused_is_in_the_audit_log(api: ApiClient) -> None:
    """A token that tries what it may not do was perhaps stolen."""
    token = api.token_of(Role.OWNER, [Right.EVENTS_READ])
    api.get("/subscribers/count", token=token)
    last = audit.newest(api.store, 1)[0]
    assert (last.act, last.phase, last.code) == ("subscribers.count", "refused", "not_allowed")
    assert last.actor == f"token:{token.split('_')[1]}"
    assert (last.via, last.origin) == ("api", "192.0.2.7")


def test_answers_are_kept_by_nobody(api: ApiClient) -> None:
    """They hold people's addresses."""
    assert api.get("/subscribers/count").headers["cache-control"] == "no-store"


def test_path_with_a_line_break_is_answered_by_the_api(api: ApiClient) -> None:
    """A program must not be given a page for people where it gave a name that was read amiss."""
    answer = api.get("/segments/press%0A/use")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert api.get("/none%0A/x").json()["code"] == "no_such_path"


def test_address_of_the_api_says_where_to_begin(api: ApiClient) -> None:
    """Somebody opens it in a browser first."""
    assert "openapi.json" in api.get("/", token="").text
    assert api.get("", token="").content == api.get("/", token="").content


def test_roles_and_routes_cover_each_other() -> None:
    """The matrix above is of all roles, and of some routes at least."""
    assert len(ROUTES) > 0
    assert set(chain.from_iterable(RIGHTS[role] for role in GIVEN)) == RIGHTS[Role.OWNER]
