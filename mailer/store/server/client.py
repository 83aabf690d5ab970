"""The store's clients: redis-py's own, whose errors are `StoreError`s, whatever goes wrong.

Two errors of redis-py stay what they are, because they are part of how commands are used inside
`mailer.store`: `WatchError` (a watched key changed; the caller looks again) and `NoScriptError`
(the server lacks a script, which is then loaded).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
import redis.asyncio
import redis.asyncio.client
import redis.client

from mailer.errors import (
    StoreDeniedError,
    StoreDiskError,
    StoreError,
    StoreFullError,
    StoreLostError,
    StoreRefusedError,
)

_FOREIGN = (redis.RedisError, OSError)
_OURS_ALONE = (redis.WatchError, redis.exceptions.NoScriptError)


def trouble(error: Exception) -> StoreError:
    """Word what the store's client complained of in the middle of something."""
    said = str(error).rstrip(".")
    if isinstance(error, redis.AuthenticationError):  # must come first: the client counts it below
        return StoreDeniedError(
            f"The store does not let us in: {said}. Check the setting redis_url.", said
        )
    if isinstance(error, redis.ConnectionError | redis.TimeoutError | OSError):
        return StoreLostError(
            f"The store was lost: {said}. Does it run? Whether the last change was made is not "
            "known: look before you try again.",
            said,
        )
    if isinstance(error, redis.exceptions.OutOfMemoryError):
        return StoreFullError("The store is full: give its server more memory (maxmemory).", said)
    if said.startswith("MISCONF") or "caused error: MISCONF" in said:
        return StoreDiskError(f"The store cannot write to its disk: {said}. Make room there.", said)
    return StoreRefusedError(f"The store refuses: {said}. Its own log may say more.", said)


@contextmanager
def translated() -> Iterator[None]:
    """Raise what the store's client complains of as a `StoreError`."""
    try:
        yield
    except _OURS_ALONE:
        raise
    except _FOREIGN as error:
        raise trouble(error) from error


class Client(redis.Redis):
    """A client for synchronous use."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command, and return its answer.

        Raises:
            StoreError: the store is away, or refuses.
        """
        try:
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except _OURS_ALONE:
            raise
        except _FOREIGN as error:
            raise trouble(error) from error

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Pipeline:
        """Return a pipeline, whose errors are `StoreError`s as well."""
        return Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


class Pipeline(redis.client.Pipeline):
    """Commands that are sent together."""

    def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command at once, while keys are watched."""
        with translated():
            return super().immediate_execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Send what was collected, and return the answers."""
        with translated():
            found: list[Any] = super().execute(raise_on_error)
            return found


class AsyncClient(redis.asyncio.Redis):
    """A client for one event loop."""

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command, and return its answer.

        Raises:
            StoreError: the store is away, or refuses.
        """
        try:
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except _OURS_ALONE:
            raise
        except _FOREIGN as error:
            raise trouble(error) from error

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> AsyncPipeline:
        """Return a pipeline, whose errors are `StoreError`s as well."""
        return AsyncPipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


class AsyncPipeline(redis.asyncio.client.Pipeline):
    """Commands that are sent together."""

    async def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command at once, while keys are watched."""
        with translated():
            return await super().immediate_execute_command(*args, **options)  # type: ignore[no-untyped-call]

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Send what was collected, and return the answers."""
        with translated():
            found: list[Any] = await super().execute(raise_on_error)
            return found
