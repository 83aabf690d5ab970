"""Opens the store: our own server, or the one that the settings name, with its version checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlsplit

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

from mailer.errors import StoreDeniedError, StoreError, StoreLostError
from mailer.store.scripts import AsyncScripts, Scripts
from mailer.store.server import schema, sentinel
from mailer.store.server.client import AsyncClient, Client
from mailer.store.server.embedded import Durability, EmbeddedServer

OLDEST_VALKEY: Final = (8, 0)
OLDEST_REDIS: Final = (7, 2)
FSYNC_MILLISECONDS: Final = 10_000
ANSWER_SECONDS: Final = 30.0
"""The time that the store may take over a command. Some are work on a whole list or wait for the
disk, and a machine may stand still; the client's own five seconds would give up on them."""
PATIENCE_SECONDS: Final = 30.0
"""The time for which a mere observer waits for a store that has gone: it may be starting again."""
LOOK_AGAIN_SECONDS: Final = 0.2
NOT_ON_DISK: Final = "The store did not confirm that it wrote to disk; is the disk full?"

Found = TypeVar("Found")


@dataclass
class Store:
    """An open store. Values are bytes, both ways.

    Attributes:
        redis: the connection pool for synchronous use; typed loosely, for redis-py types every
            reply as bytes or text, whatever the connection decodes.
        durability: `always`, or `everysec`: then `durable` waits for the disk.
        address: how to connect, as given to `connect` and `connect_async`.
    """

    redis: Any
    durability: Durability
    address: str
    embedded: EmbeddedServer | None = None
    scripts: Scripts = field(init=False)

    def __post_init__(self) -> None:
        """Make the scripts callable."""
        self.scripts = Scripts(self.redis)

    def durable(self) -> None:
        """Return once what this connection wrote is on disk (a no-op where it always is).

        Raises:
            StoreError: the server did not confirm in time; nothing may be acknowledged.
        """
        if self.durability == "always":
            return
        local, _ = self.redis.waitaof(1, 0, FSYNC_MILLISECONDS)
        if not local:
            raise StoreError(NOT_ON_DISK)

    def weaknesses(self) -> list[str]:
        """List what in the server's set-up could lose what we acknowledged; ours has nothing."""
        found = []
        if not int(self.redis.info("persistence").get("aof_enabled", 1)):
            found.append(
                "The store does not write to disk as it goes: a restart of its server would lose "
                "readers and mails. Set `appendonly yes` there."
            )
        policy = self.redis.info("memory").get("maxmemory_policy", "noeviction")
        if policy != "noeviction":
            found.append(
                f"The store would throw data away when its memory is full ({policy}). Set "
                "`maxmemory-policy noeviction` there."
            )
        return found

    def patiently(
        self, read: Callable[[], Found], sleep: Callable[[float], None] = time.sleep
    ) -> Found:
        """Read something, again if the store was lost meanwhile: it may be starting again.

        Only for reading: after a lost connection nobody knows whether a change was made.

        Args:
            read: what to do; may be called several times.
            sleep: waits a while.

        Raises:
            StoreError: it did not come back.
        """
        waited = 0.0
        while True:
            try:
                return read()
            except StoreLostError:
                if waited >= PATIENCE_SECONDS:
                    raise
            sleep(LOOK_AGAIN_SECONDS)
            waited += LOOK_AGAIN_SECONDS

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """Collect changes, and make them together at the end of the `with` block (law 9).

        Yields:
            what functions of the store that take part in a transaction take as `pipe`.
        """
        with self.redis.pipeline(transaction=True) as pipe:
            pipe.multi()
            yield pipe
            pipe.execute()

    def for_rq(self) -> redis.Redis:
        """Return a client on the same connections whose errors are redis-py's own: RQ knows those.

        Nothing but RQ's workers and scheduler may use it.
        """
        return redis.Redis(connection_pool=self.redis.connection_pool)

    def answers(self) -> bool:
        """Tell whether the store answers at all."""
        try:
            return bool(self.redis.ping())
        except StoreError:
            return False

    def asyncio(self) -> AsyncStore:
        """Open the same store for use in the running event loop."""
        client = connect_async(self.address)
        return AsyncStore(client, self.durability, AsyncScripts(client))

    def close(self) -> None:
        """Close the connections, and the server if it is ours and nobody else uses it."""
        for watcher in sentinel.clients_of(self.redis):
            watcher.close()
        self.redis.close()
        if self.embedded is not None:
            self.embedded.close()


@dataclass
class AsyncStore:
    """An open store for one event loop."""

    redis: Any
    durability: Durability
    scripts: AsyncScripts

    async def durable(self) -> None:
        """Return once what was written is on disk; see `Store.durable`."""
        if self.durability == "always":
            return
        local, _ = await self.redis.waitaof(1, 0, FSYNC_MILLISECONDS)
        if not local:
            raise StoreError(NOT_ON_DISK)

    async def close(self) -> None:
        """Close the connections."""
        for watcher in sentinel.clients_of(self.redis):
            await watcher.aclose()
        await self.redis.aclose()


def open_store(
    data_dir: Path,
    redis_url: str = "",
    durability: Durability = "always",
    *,
    any_version: bool = False,
) -> Store:
    """Open the store of a data directory, or the external one at a URL.

    Args:
        data_dir: where the embedded server keeps its files; unused with a URL.
        redis_url: `redis://`, `rediss://`, `unix://` or `redis+sentinel://h1:p1,h2:p2/NAME` (or
            `rediss+sentinel://`); empty for the embedded server.
        durability: what the embedded server is started with, and what an external one is taken
            to have.
        any_version: take data of former versions too, or half-way between two: to migrate it.

    Raises:
        StoreError: it cannot be reached, is too old, or holds data of another schema version.
    """
    embedded = None if redis_url else EmbeddedServer(data_dir, durability)
    address = redis_url or f"unix://{embedded.open() if embedded else ''}"
    store = Store(connect(address), durability, address, embedded)
    try:
        _check_server(store)
        if any_version:
            schema.find(store.redis)
        else:
            schema.check(store.redis)
    except StoreDeniedError:
        store.close()
        raise
    except StoreLostError as error:
        store.close()
        raise StoreLostError(
            f"The store at {_shown(address)} cannot be used: {error.said}. "
            "Is the server running, and is the setting redis_url right?",
            error.said,
        ) from error
    except BaseException:
        store.close()
        raise
    return store


@contextmanager
def opened(
    data_dir: Path, redis_url: str = "", durability: Durability = "always"
) -> Iterator[Store]:
    """Open a store for the length of a `with` block."""
    store = open_store(data_dir, redis_url, durability)
    try:
        yield store
    finally:
        store.close()


def connect(address: str) -> Client:
    """Return a client for an address; nothing is sent yet.

    Commands are not sent again by themselves after a lost connection: whether that is safe is
    for the caller to know.
    """
    options = _options()
    if (watched := sentinel.read(address)) is not None:
        return sentinel.connect(watched, options)
    found: Any = Client.from_url(address, **options)
    return cast("Client", found)


def connect_async(address: str) -> AsyncClient:
    """Return an asyncio client for an address; nothing is sent yet."""
    options = _options(asynchronous=True)
    if (watched := sentinel.read(address)) is not None:
        return sentinel.connect_async(watched, options)
    found: Any = AsyncClient.from_url(address, **options)
    return cast("AsyncClient", found)


def _options(*, asynchronous: bool = False) -> dict[str, Any]:
    retry: Any = (
        redis.asyncio.retry.Retry(NoBackoff(), 0) if asynchronous else Retry(NoBackoff(), 0)
    )
    return {
        "retry": retry,
        "socket_connect_timeout": 10.0,
        "socket_timeout": ANSWER_SECONDS,
        "protocol": 2,
    }


def _shown(address: str) -> str:
    """Return the address without its password."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _check_server(store: Store) -> None:
    info = store.redis.info("server")
    name = "valkey_version" if "valkey_version" in info else "redis_version"
    version = tuple(int(part) for part in str(info[name]).split(".")[:2])
    oldest = OLDEST_VALKEY if name == "valkey_version" else OLDEST_REDIS
    if version < oldest:
        raise StoreError(
            f"The store runs version {info[name]}; Mailer needs Valkey 8 or Redis 7.2 or newer."
        )
