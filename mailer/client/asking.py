"""What a method of the client asks, apart from how it is sent.

Each method is written once, as a function that says what to ask (`Ask`). The descriptors here make
of it a method that returns the answer where the client is a `Client`, and one to be awaited where
it is an `AsyncClient`; type checkers see which.
"""

from __future__ import annotations

import functools
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
)
from dataclasses import dataclass, field
from typing import (
    Any,
    Concatenate,
    Final,
    Generic,
    NamedTuple,
    ParamSpec,
    Protocol,
    Self,
    TypeVar,
    overload,
)

from mailer.client.uploads import Upload

P = ParamSpec("P")
T = TypeVar("T")
Mode = TypeVar("Mode")


class Blocking:
    """Marks resources of a `Client`."""


class Async:
    """Marks resources of an `AsyncClient`."""


class Route(NamedTuple):
    """A route of the API, as its document names it."""

    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """One request.

    Attributes:
        read: makes of an answer, or of one item of it, what the method returns.
        path: values of the names in the route's path.
        query: parameters; those that are None or empty are left out.
        json: the body; fields that are None are left out, unless they stand in `exact`.
        exact: further fields of the body, as they are.
        file: the body, instead.
        headers: further header fields; empty ones are left out.
    """

    read: Callable[[Any], T]
    path: Mapping[str, object] = field(default_factory=dict)
    query: Mapping[str, object] = field(default_factory=dict)
    json: Mapping[str, object] | None = None
    exact: Mapping[str, object] = field(default_factory=dict)
    file: Upload | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Connection(Protocol):
    """Sends what resources ask."""

    def answer(self, route: Route, ask: Ask[Any]) -> Any:
        """Return the answer."""

    def pages(self, route: Route, ask: Ask[Any]) -> Any:
        """Iterate over a list, page after page."""

    def lines(self, route: Route, ask: Ask[Any]) -> Any:
        """Iterate over the lines of an answer while it arrives."""

    def blocks(self, route: Route, ask: Ask[Any]) -> Any:
        """Iterate over the octets of an answer while it arrives."""

    def events(self, route: Route, ask: Ask[Any]) -> Any:
        """Iterate over server-sent events; one of the type `END` is the last."""


class Resource(Generic[Mode]):
    """A group of methods."""

    def __init__(self, connection: Connection) -> None:
        self.connection: Final = connection


class _Asking(Generic[P, T]):
    """A method, and the route that it asks."""

    way: str

    def __init__(self, route: Route, build: Callable[Concatenate[Any, P], Ask[T]]) -> None:
        self.route: Final = route
        self.build: Final = build
        self.__doc__ = build.__doc__

    def bound(self, resource: Resource[Any]) -> Callable[P, Any]:
        """Return the method of one resource."""
        send = getattr(resource.connection, self.way)

        @functools.wraps(self.build)
        def asked(*args: P.args, **kwargs: P.kwargs) -> Any:
            return send(self.route, self.build(resource, *args, **kwargs))

        return asked


class Call(_Asking[P, T]):
    """A method that returns one answer."""

    way = "answer"

    @overload
    def __get__(self, resource: None, owner: type) -> Self: ...

    @overload
    def __get__(self, resource: Resource[Blocking], owner: type) -> Callable[P, T]: ...

    @overload
    def __get__(self, resource: Resource[Async], owner: type) -> Callable[P, Awaitable[T]]: ...

    def __get__(self, resource: Resource[Any] | None, owner: type) -> Any:
        """Return the method; of a class: this itself."""
        return self if resource is None else self.bound(resource)


class Series(_Asking[P, T]):
    """A method that returns an iterator over many."""

    def __init__(
        self, route: Route, build: Callable[Concatenate[Any, P], Ask[T]], way: str
    ) -> None:
        super().__init__(route, build)
        self.way = way

    @overload
    def __get__(self, resource: None, owner: type) -> Self: ...

    @overload
    def __get__(self, resource: Resource[Blocking], owner: type) -> Callable[P, Iterator[T]]: ...

    @overload
    def __get__(self, resource: Resource[Async], owner: type) -> Callable[P, AsyncIterator[T]]: ...

    def __get__(self, resource: Resource[Any] | None, owner: type) -> Any:
        """Return the method; of a class: this itself."""
        return self if resource is None else self.bound(resource)


Build = Callable[Concatenate[Any, P], Ask[T]]


def call(method: str, path: str) -> Callable[[Build[P, T]], Call[P, T]]:
    """Make a function a method that returns one answer."""
    return lambda build: Call(Route(method, path), build)


def listing(path: str) -> Callable[[Build[P, T]], Series[P, T]]:
    """Make a function a method that iterates over a list."""
    return lambda build: Series(Route("GET", path), build, "pages")


def lines(path: str) -> Callable[[Build[P, T]], Series[P, T]]:
    """Make a function a method that iterates over the lines of a file that it fetches."""
    return lambda build: Series(Route("GET", path), build, "lines")


def blocks(path: str) -> Callable[[Build[P, T]], Series[P, T]]:
    """Make a function a method that iterates over the octets of a file that it fetches."""
    return lambda build: Series(Route("GET", path), build, "blocks")


def events(path: str) -> Callable[[Build[P, T]], Series[P, T]]:
    """Make a function a method that iterates over what happens, while it happens."""
    return lambda build: Series(Route("GET", path), build, "events")
