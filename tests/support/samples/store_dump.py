"""Dump of a store in a file that any version can read: for tests of migrations."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from support.places import TESTS

DUMPS: Final = TESTS / "dumps"


class Dump(NamedTuple):
    """The data of one version, and what is known of it from outside."""

    keys: list[list[Any]]
    """For each: name, type, value, milliseconds until it expires (-1: it does not)."""
    known: Mapping[str, Any]
    """The identifiers in readers' mail: addresses, Message-IDs, return paths."""


def written(client: Any, known: Mapping[str, Any]) -> bytes:
    """Return a dump of a store; octets stand as the letters of Latin-1 that have their numbers."""
    rows = ",\n".join(json.dumps(row) for row in content(client))
    text = f'{{"known": {json.dumps(known)},\n"keys": [\n{rows}\n]}}\n'
    return gzip.compress(text.encode("ascii"), mtime=0)


def content(client: Any) -> list[list[Any]]:
    """Return what a store holds, as in `Dump.keys`."""
    names = sorted(_text(name) for name in client.scan_iter(count=1000))
    return [[name, *_value(client, name), int(client.pttl(name))] for name in names]


def read(version: int) -> Dump:
    """Read the dump that is kept of a version."""
    found = json.loads(gzip.decompress((DUMPS / f"v{version}.json.gz").read_bytes()))
    return Dump(found["keys"], found["known"])


def load(client: Any, dump: Dump) -> None:
    """Put a dump into an empty store."""
    with client.pipeline(transaction=False) as pipe:
        for name, kind, value, expires in dump.keys:
            _put(pipe, name, kind, value)
            if expires > 0:
                pipe.pexpire(name, expires)
        pipe.execute()


def _value(client: Any, name: str) -> tuple[str, Any]:
    kind = _text(client.type(name))
    match kind:
        case "string":
            return kind, _text(client.get(name))
        case "hash":
            fields = client.hgetall(name)
            return kind, {_text(field): _text(value) for field, value in sorted(fields.items())}
        case "list":
            return kind, [_text(one) for one in client.lrange(name, 0, -1)]
        case "set":
            return kind, sorted(_text(one) for one in client.smembers(name))
        case "zset":
            found = client.zrange(name, 0, -1, withscores=True)
            return kind, [[_text(one), score] for one, score in found]
        case "stream":
            entries = client.xrange(name)
            return kind, [
                [_text(at), {_text(field): _text(value) for field, value in fields.items()}]
                for at, fields in entries
            ]
    raise ValueError(f"{name} is of the type {kind}, which no dump knows.")


def _put(pipe: Any, name: str, kind: str, value: Any) -> None:
    match kind:
        case "string":
            pipe.set(name, _octets(value))
        case "hash":
            pipe.hset(name, mapping={_octets(field): _octets(one) for field, one in value.items()})
        case "list":
            pipe.rpush(name, *map(_octets, value))
        case "set":
            pipe.sadd(name, *map(_octets, value))
        case "zset":
            pipe.zadd(name, {_octets(one): score for one, score in value})
        case "stream":
            for at, fields in value:
                pairs = {_octets(field): _octets(one) for field, one in fields.items()}
                pipe.xadd(name, pairs, id=at)


def _text(value: bytes | str) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _octets(text: str) -> bytes:
    return text.encode("latin-1")
