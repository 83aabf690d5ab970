"""A worker's preparations before its first campaign."""

from __future__ import annotations

import pytest

from mailer.content.rendering.mjml import _environment
from mailer.content.rendering.warm_up import warm_up


@pytest.mark.parametrize("languages", [("en", "fr", "es"), ("ar",), ("pt-BR", "sr-Latn")])
def test_any_languages_can_be_made_ready(languages: tuple[str, ...]) -> None:
    """A worker must start whichever languages an institution has, with words or without."""
    warm_up(languages)
    cache = _environment().cache
    assert cache is not None
    assert any("bulletin.mjml.j2" in str(key) for key in cache)
