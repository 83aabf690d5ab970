"""What the page about the API says is what the API does."""

from __future__ import annotations

import re

import pytest

from mailer.web.api.refusals import REFUSALS
from support.places import ROOT

pytestmark = pytest.mark.docs

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def test_every_refusal_is_listed_with_its_status() -> None:
    """A program can only go by what its author could read."""
    listed = re.findall(r"^\| `(\w+)` \| (\d+) \|$", PAGE, re.MULTILINE)
    assert dict(listed) == {code: str(int(one.status)) for code, one in REFUSALS.items()}
    assert len(listed) == len(REFUSALS)
