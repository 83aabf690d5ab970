"""The client has a method for every route of the document, with its arguments and its answers."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from mailer.client.asking import Call, Resource, Route, Series
from mailer.client.reading import Tagged
from mailer.client.resources import Resources
from mailer.store.server.connection import Store
from mailer.web.api.app import ROUTERS
from mailer.web.api.operation import routes_of
from support.service.api_client import ApiClient

Method = Call[Any, Any] | Series[Any, Any]
OTHER_NAMES = {"etag": "if-match", "file": "the body"}
CLIENTS_OWN = {"last-event-id", "prefer", "cursor", "idempotency-key"}


def methods() -> dict[str, Method]:
    """Find the methods of all resources."""
    found: dict[str, Method] = {}
    resources: Resources[Any] = Resources(typing.cast("Any", None))
    for name, resource in vars(resources).items():
        assert isinstance(resource, Resource)
        for attribute, value in vars(type(resource)).items():
            if isinstance(value, Call | Series):
                found[f"{name}.{attribute}"] = value
    return found


METHODS = methods()
ROUTES = {
    Route(method, route.path_format)
    for route in routes_of(ROUTERS)
    for method in route.methods or ()
}


@pytest.fixture
def document(store: Store, data_dir: Path) -> Mapping[str, Any]:
    """The document, as the service gives it out."""
    found: Mapping[str, Any] = ApiClient(store, data_dir).get("/openapi.json").json()
    return found


def test_every_route_has_a_method_and_every_method_a_route() -> None:
    """What is added to the API must not be missing from its client, and nothing else be in it."""
    covered = {method.route for method in METHODS.values()}
    assert sorted(ROUTES - covered) == []
    assert sorted(covered - ROUTES) == []


def test_every_method_takes_what_its_route_takes(document: Mapping[str, Any]) -> None:
    """An argument that is missing here cannot be given at all."""
    for name, method in METHODS.items():
        operation = document["paths"][method.route.path][method.route.method.lower()]
        wanted = set(_taken_by(operation, document))
        given = {OTHER_NAMES.get(one, one) for one in _arguments(method)}
        if name == "segments.rename":  # the path has a `name` too
            given = given - {"to"}
        assert given == wanted - CLIENTS_OWN, name


def test_every_file_is_sent_as_what_its_route_takes(document: Mapping[str, Any]) -> None:
    """Another media type may be refused."""
    checked = 0
    for name, method in METHODS.items():
        operation = document["paths"][method.route.path][method.route.method.lower()]
        if "file" in _arguments(method):
            upload = method.build(None, b"x").file
            assert upload is not None
            assert {upload.media_type} == operation["requestBody"]["content"].keys(), name
            checked += 1
    assert checked >= 6


def test_every_answer_is_typed_as_in_the_document(document: Mapping[str, Any]) -> None:
    """Type checkers of those who use the client believe it."""
    checked = 0
    for name, method in METHODS.items():
        operation = document["paths"][method.route.path][method.route.method.lower()]
        hint = get_args(get_type_hints(method.build)["return"])[0]
        for schema in _answers(operation, later=name.endswith("_later")):
            _compare(name, hint, _item(schema, document, method), document)
            checked += 1
    assert checked > 50


def _taken_by(operation: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    yield from (one["name"].lower() for one in operation.get("parameters", []))
    for media, body in operation.get("requestBody", {}).get("content", {}).items():
        if media == "application/json":
            yield from _resolved(body["schema"], document)["properties"]
        else:
            yield "the body"


def _arguments(method: Method) -> Iterator[str]:
    hints = get_type_hints(method.build)
    for name, one in inspect.signature(method.build).parameters.items():
        if one.kind is one.VAR_KEYWORD:
            yield from get_type_hints(get_args(hints[name])[0])
        elif name != "self":
            yield name


def _answers(operation: Mapping[str, Any], *, later: bool) -> Iterator[Mapping[str, Any]]:
    """Yield the schemas of what may be answered; with work that is left to a worker: of the job."""
    for status, answer in operation["responses"].items():
        body = answer.get("content", {}).get("application/json")
        left = any(one["name"] == "prefer" for one in operation.get("parameters", []))
        if status.startswith("2") and body and not (left and (status == "202") != later):
            yield body["schema"]


def _item(
    schema: Mapping[str, Any], document: Mapping[str, Any], method: Method
) -> Mapping[str, Any]:
    """Return what one answer holds, or one item of a page."""
    if isinstance(method, Series) and method.way == "pages":
        items: Mapping[str, Any] = _resolved(schema, document)["properties"]["items"]["items"]
        return items
    return schema


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].split("/")[-1]]
    return schema


PLAIN = {"string": str, "integer": int, "number": float, "boolean": bool, "null": types.NoneType}


def _compare(place: str, hint: Any, schema: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    """Hold a type against a schema, and what is in it."""
    schema = _resolved(schema, document)
    if get_origin(hint) is Tagged:
        _compare(place, get_args(hint)[0], schema, document)
    elif is_typeddict(hint):
        _compare_fields(place, hint, schema, document)
    elif "anyOf" in schema:
        options = [one for one in get_args(hint) if one is not types.NoneType]
        others = [one for one in schema["anyOf"] if one.get("type") != "null"]
        assert len(get_args(hint)) == len(schema["anyOf"]), place
        for option, other in zip(options, others, strict=True):
            _compare(place, option, other, document)
    elif "enum" in schema or "const" in schema:
        values = schema.get("enum") or [schema["const"]]
        assert get_origin(hint) is Literal, place
        assert set(get_args(hint)) == set(values), place
    elif schema.get("type") == "array":
        assert get_origin(hint) is list, place
        _compare(f"{place}[]", get_args(hint)[0], schema["items"], document)
    elif schema.get("type") == "object":
        assert get_origin(hint) is dict, place
        inner = schema.get("additionalProperties")
        if isinstance(inner, dict):
            _compare(f"{place}[]", get_args(hint)[1], inner, document)
    else:
        assert hint is PLAIN.get(schema.get("type", ""), Any), place


def _compare_fields(
    place: str, hint: Any, schema: Mapping[str, Any], document: Mapping[str, Any]
) -> None:
    fields = get_type_hints(hint, include_extras=True)
    assert fields.keys() == schema["properties"].keys(), f"{place}: {hint.__name__}"
    required = set(schema.get("required", ()))
    for name, field in fields.items():
        optional = get_origin(field) is NotRequired
        assert optional == (name not in required), f"{place}.{name}"
        inner = get_args(field)[0] if optional else field
        _compare(f"{place}.{name}", inner, schema["properties"][name], document)
