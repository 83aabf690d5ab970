"""Server-side scripts: one named `.lua` file each, loaded by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

import redis
import redis.asyncio

_INCLUDE: Final = re.compile(r"^-- include: (\w+)$", re.MULTILINE)


@cache
def source(name: str) -> str:
    """Return the text of a script, with what it includes; no such file is a programming error."""
    text = files(__name__).joinpath(f"{name}.lua").read_text(encoding="utf-8")
    return _INCLUDE.sub(lambda found: source(found[1]), text)


class Scripts:
    """Runs the named scripts on one connection, loading each where the server lacks it."""

    def __init__(self, client: redis.Redis) -> None:
        """Take the connection to run on."""
        self._client = client
        self._loaded: dict[str, Any] = {}

    def run(
        self, name: str, keys: Sequence[str], args: Sequence[Any], pipe: Any | None = None
    ) -> Any:
        """Run a script, or add it to a pipeline; returns the script's own answer."""
        script = self._loaded.get(name)
        if script is None:
            script = self._loaded[name] = self._client.register_script(source(name))
        return script(keys=keys, args=args, client=pipe)


class AsyncScripts:
    """The same on an asyncio connection."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        """Take the connection to run on."""
        self._client = client
        self._loaded: dict[str, Any] = {}

    async def run(self, name: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """Run a script; returns the script's own answer."""
        script = self._loaded.get(name)
        if script is None:
            script = self._loaded[name] = self._client.register_script(source(name))
        return await script(keys=keys, args=args)
