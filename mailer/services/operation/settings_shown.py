"""The settings in force, without the secrets that they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mailer.config import Settings
from mailer.domain.settings.relay_url import RelayUrl
from mailer.domain.subscribers.attributes import Attribute
from mailer.domain.subscribers.topic import Topics
from mailer.services.access.acting import act


class Shown(NamedTuple):
    """One setting."""

    value: Any
    """As JSON knows it."""
    origin: str
    """Where it was given: a file, the environment, or nowhere."""


@act("settings.show")
def shown(settings: Settings) -> dict[str, Shown]:
    """Return each setting in force, and its origin; passwords are masked."""
    return {
        name: Shown(_plain(getattr(settings, name)), settings.origin(name))
        for name in type(settings).model_fields
    }


def _plain(value: Any) -> Any:
    """Write a value as JSON knows it, without the secrets that it may hold."""
    if isinstance(value, RelayUrl):
        login = f"{value.user}:***@" if value.user else ""
        return value.name.replace("://", f"://{login}", 1)
    if isinstance(value, str):
        return _masked(value)
    if isinstance(value, Topics):
        return value.written()
    if isinstance(value, Attribute):
        value = {"kind": value.kind, "choices": value.choices, "labels": value.labels}
    elif hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        named: Any = getattr(value, "_asdict", None)
        return _plain(named()) if named else [_plain(item) for item in value]
    return value if isinstance(value, int | float) else str(value)


def _masked(url: str) -> str:
    scheme, sign, rest = url.partition("://")
    login, at, host = rest.rpartition("@")
    return f"{scheme}{sign}***@{host}" if sign and at and login else url
