"""Server-side scripts: one named `.lua` file each, loaded by name.

A script names its keys and arguments in its first lines (see `mailer.store.scripts.header`), and is
called with them by name: `scripts.run("note", keys={"campaign": ..., "events": ...}, args={...})`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import redis
import redis.asyncio

from mailer.store.scripts.header import INCLUDE, Names, read_names, tables

_NONE: Final[Mapping[str, Any]] = {}


@cache
def source(name: str) -> str:
    """Return the text of a script as the server gets it: with its locals and what it includes.

    No such file is a programming error.
    """
    text = _text(name)
    keys, args = signature(name)
    begin = " ".join(filter(None, (keys.locals("KEYS"), args.locals("ARGV"), tables(text))))
    return f"{begin}\n{text}" if begin else text


@cache
def signature(name: str) -> tuple[Names, Names]:
    """Return the names of a script's keys and of its arguments."""
    text = _text(name)
    return read_names(text, "keys"), read_names(text, "args")


def bind(
    name: str, keys: Mapping[str, Any], args: Mapping[str, Any]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Put a call's keys and arguments in order.

    Raises:
        TypeError: the call names others than the script does. A programming error, as it is of a
            Python function.
    """
    of_keys, of_args = signature(name)
    try:
        return of_keys.bind(keys), of_args.bind(args)
    except TypeError as error:
        raise TypeError(f"The script {name} was called with other names: {error}.") from None


class Scripts:
    """Runs the named scripts on one connection, loading each where the server lacks it."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._loaded: dict[str, Any] = {}

    def run(
        self,
        name: str,
        *,
        keys: Mapping[str, Any] = _NONE,
        args: Mapping[str, Any] = _NONE,
        pipe: Any | None = None,
    ) -> Any:
        """Run a script, or add it to a pipeline; returns the script's own answer.

        Args:
            name: of the script.
            keys: the keys that it touches, by the names that it has for them.
            args: its arguments likewise.
            pipe: a pipeline or transaction; then the answer comes with its results.

        Raises:
            TypeError: the script has other names.
        """
        script = self._loaded.get(name)
        if script is None:
            script = self._loaded[name] = self._client.register_script(source(name))
        ordered, given = bind(name, keys, args)
        return script(keys=ordered, args=given, client=pipe)


class AsyncScripts:
    """The same on an asyncio connection."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client
        self._loaded: dict[str, Any] = {}

    async def run(
        self, name: str, *, keys: Mapping[str, Any] = _NONE, args: Mapping[str, Any] = _NONE
    ) -> Any:
        """Run a script; returns the script's own answer. See `Scripts.run`."""
        script = self._loaded.get(name)
        if script is None:
            script = self._loaded[name] = self._client.register_script(source(name))
        ordered, given = bind(name, keys, args)
        return await script(keys=ordered, args=given)


def _text(name: str) -> str:
    text = files(__name__).joinpath(f"{name}.lua").read_text(encoding="utf-8")
    return INCLUDE.sub(lambda found: _text(found[1]), text)
