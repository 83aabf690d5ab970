"""The page about the API lists every route and every refusal, as the code has them."""

from __future__ import annotations

import re

import pytest

from mailer.web.api.app import ROUTERS
from mailer.web.api.document import table
from mailer.web.api.operation import routes_of
from mailer.web.api.refusals import REFUSALS
from support.places import ROOT

pytestmark = pytest.mark.docs

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def test_every_route_is_listed_with_its_act_and_right() -> None:
    """Whoever makes a token has to know which rights it needs."""
    listed = re.findall(r"^\| `(?:GET|POST|PUT|PATCH|DELETE) .*$", PAGE, re.MULTILINE)
    assert listed == table(ROUTERS)


def test_every_refusal_is_listed_with_its_status() -> None:
    """Programs go by the codes."""
    listed = re.findall(r"^\| `([a-z_]+)` \| (\d{3}) \|$", PAGE, re.MULTILINE)
    assert dict(listed) == {code: str(int(one.status)) for code, one in REFUSALS.items()}
    assert len(listed) == len(REFUSALS)


def test_every_path_that_is_named_is_a_route() -> None:
    """An example that is copied has to work."""
    named = re.findall(
        r"(?:\$BASE|`(?:[A-Z]+ )?)(/(?:subscribers|suppressions|jobs)[\w/]*)(?![\w/{])", PAGE
    )
    assert len(named) > 10
    routes = routes_of(ROUTERS)
    assert [path for path in named if not any(one.path_regex.match(path) for one in routes)] == []


def test_every_resource_is_named() -> None:
    """What nobody reads of is not used."""
    firsts = {route.path.split("/")[1] for route in routes_of(ROUTERS)}
    assert [one for one in sorted(firsts) if f"/{one}" not in PAGE] == []
