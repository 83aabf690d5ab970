"""docs/web.md against the code: limits that are looked up must be the true ones."""

from __future__ import annotations

import pytest

from mailer.domain.settings.web_place import WebPlace
from mailer.web import middleware, server
from mailer.web.forms import fields
from support.places import ROOT

pytestmark = pytest.mark.docs

PAGE = (ROOT / "docs/web.md").read_text(encoding="utf-8")


def limits() -> dict[str, str]:
    """Return the second cell of each row of the table of limits, by the first."""
    table = PAGE.partition("| of a request |")[2].partition("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table]
    return {cells[0]: cells[1] for cells in rows}


def test_the_limits_are_those_of_the_code() -> None:
    """An operator sizes the proxy by them."""
    head, path, body, count, name = limits().values()
    assert head == f"{middleware.HEAD_BYTES:,} octets, within {server.HEAD_SECONDS:.0f} seconds"
    assert path == f"{middleware.LONGEST_PATH:,} characters"
    assert body == f"{middleware.MOST_BYTES:,} octets, within {middleware.BODY_SECONDS:.0f} seconds"
    assert count == str(fields.MOST_FIELDS)
    assert name == f"{fields.LONGEST_NAME} octets"
    assert f"a body up to {middleware.READ_BYTES:,} octets" in " ".join(PAGE.split())
    assert f"{server.MOST_CONNECTIONS:,} connections" in PAGE


def test_the_server_is_told_the_same_limits() -> None:
    """A limit that is written and not set is none."""
    served = server.Server(lambda *_: None, WebPlace("127.0.0.1", 0))  # type: ignore[arg-type]
    assert served.config.h11_max_incomplete_event_size == middleware.HEAD_BYTES
    assert served.config.limit_concurrency == server.MOST_CONNECTIONS
    served.close()
