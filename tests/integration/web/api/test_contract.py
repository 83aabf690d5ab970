"""The document is what the API does: requests made from it, with a real store behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mailer.domain.access.rights import Role
from mailer.store.server.connection import Store
from mailer.web.api.app import ROUTERS
from mailer.web.api.operation import routes_of
from support.service.api_client import ApiClient

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 6
"""Of each operation; in all some seconds."""


@pytest.fixture
def api(store: Store, data_dir: Path) -> ApiClient:
    """An API over a store with a few readers, for programs that ask often."""
    made = ApiClient(store, data_dir, api_requests_per_minute=1_000_000)
    for number in range(3):
        reader = {"address": f"reader{number}@example.org", "confirm": False}
        assert made.post("/subscribers", reader).status_code == 201
    return made


@pytest.fixture(scope="module")
def schema(shared_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The document, which is the same for every store; to make and to read it takes a second."""
    api = ApiClient(shared_store, tmp_path_factory.mktemp("document"))
    return schemathesis.openapi.from_dict(api.get("/openapi.json", token="").json())


ROUTES = sorted(
    (method, route.path_format) for route in routes_of(ROUTERS) for method in route.methods or ()
)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_answer_is_as_the_document_says(
    api: ApiClient, schema: Any, method: str, path: str, mode: GenerationMode
) -> None:
    """Clients are made from the document; what it does not say breaks them."""

    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES)
    def check(case: Any) -> None:
        sent = case.as_transport_kwargs()
        parts = {name: sent[name] for name in ("params", "json") if name in sent}
        parts["headers"] = {
            name: value for name, value in case.headers.items() if name != "Authorization"
        }
        if sent.get("data") is not None:
            data = sent["data"]
            parts["content"] = data if isinstance(data, bytes) else str(data).encode()
        answer = api.ask(method, case.formatted_path.removeprefix("/api/v1"), **parts)
        found = schemathesis.Response.from_httpx(answer, verify=False)
        case.validate_response(found, checks=CHECKS)

    check()


def test_document_is_valid(schema: Any) -> None:
    """Tools refuse one that is not."""
    schema.validate()


def test_every_operation_tells_the_right_that_it_needs(api: ApiClient) -> None:
    """Whoever makes a token has to know its scopes."""
    document = api.get("/openapi.json", token=api.token_of(Role.READER)).json()
    for path in document["paths"].values():
        for operation in path.values():
            assert "Needs the right `" in operation["description"]
