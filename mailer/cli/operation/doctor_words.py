"""Words for what `mailer doctor` finds: those of the console, in English, without markup."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

from mailer.domain.deliverability.finding import Finding, State

if TYPE_CHECKING:
    from mailer.content.language.web_words import WebWords
    from mailer.services.operation.doctor.examining import Examination

STYLES: Final[Mapping[State, str]] = {
    State.GOOD: "green",
    State.WARNING: "yellow",
    State.BAD: "red",
    State.UNKNOWN: "cyan",
}
_PAGE: Final = "console_doctor"


def seen(finding: Finding) -> str:
    """Say what was seen."""
    return _said(f"found.{_key(finding)}", **finding.facts)


def do(finding: Finding) -> str:
    """Say what to do about it; empty: nothing."""
    key = f"do.{_key(finding)}"
    return _said(key, **finding.facts).strip() if _words().has(f"{_PAGE}.{key}") else ""


def state(of: State) -> str:
    """Name a state."""
    return _said(f"states.{of}")


def section(name: str) -> str:
    """Name a section."""
    return _said(f"sections.{name}")


def check(name: str) -> str:
    """Name a check."""
    return _said(f"checks.{name}")


def summary(found: Examination) -> str:
    """Count the findings by state."""
    return _said("summary", **{one.value: found.count(one) for one in State})


def _key(finding: Finding) -> str:
    return finding.code.replace(".", "_")


def _said(key: str, **facts: object) -> str:
    return str(_words()(f"{_PAGE}.{key}", **facts).unescape())


@cache
def _words() -> WebWords:
    from mailer.content.language.web_words import web_words_for

    return web_words_for("en")
