"""A client of the API for programs in Python; see docs/client.md.

It needs httpx and nothing else of Mailer, and is the same for programs that wait (`Client`) and for
those of asyncio (`AsyncClient`).

1. `resources` holds the methods, by noun: each says what to ask.
2. `asking` makes of each a method of either client; `preparing` makes the HTTP request.
3. `blocking` and `asynchronous` send it, and again where `retries` says that this is safe.
4. `reading` and `server_events` read what comes back, typed as `answers` says; `errors` is what is
   raised otherwise.
5. `webhooks` checks what Mailer sends by itself.
"""

from mailer.client.asynchronous import AsyncClient
from mailer.client.blocking import Client
from mailer.client.errors import (
    ApiError,
    ChangedError,
    ClientError,
    ConflictError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnexpectedError,
    UnreachableError,
    Wrong,
)
from mailer.client.reading import Tagged
from mailer.client.retries import Retries

__all__ = [
    "ApiError",
    "AsyncClient",
    "ChangedError",
    "Client",
    "ClientError",
    "ConflictError",
    "InvalidError",
    "NotAllowedError",
    "NotFoundError",
    "Retries",
    "Tagged",
    "TooManyRequestsError",
    "UnauthenticatedError",
    "UnexpectedError",
    "UnreachableError",
    "Wrong",
]
