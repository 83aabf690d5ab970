"""docs/webhooks.md: what it tells receivers to do works, and is what the code does."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailer.domain.webhooks.payload import body
from mailer.domain.webhooks.retrying import TRIES, WAITS
from mailer.domain.webhooks.signing import headers, secret_of
from support.places import ROOT

pytestmark = pytest.mark.docs

PAGE = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
EVENT = {"type": "campaign.paused", "at": "2023-04-12T07:00:00.000+00:00", "campaign": "7"}
SECRETS = [secret_of(bytes(32), "wh0123456789ab", number) for number in (2, 1)]


@pytest.fixture
def is_genuine() -> Callable[[str, dict[str, str], bytes], bool]:
    """The example, as a receiver would copy it."""
    (example,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102 - the page is ours
    found: Callable[[str, dict[str, str], bytes], bool] = names["is_genuine"]
    return found


def sent(at: datetime) -> dict[str, str]:
    """Sign as the service does while a secret is changed."""
    return headers("1-0", at, body(EVENT), SECRETS)


def test_the_example_takes_what_we_send(
    is_genuine: Callable[[str, dict[str, str], bytes], bool],
) -> None:
    """With either secret, while it is changed."""
    now = datetime.fromtimestamp(time.time(), UTC)
    for secret in SECRETS:
        assert is_genuine(secret, sent(now), body(EVENT))


def test_the_example_refuses_everything_else(
    is_genuine: Callable[[str, dict[str, str], bytes], bool],
) -> None:
    """An example that takes anything would be copied all the same."""
    now = datetime.fromtimestamp(time.time(), UTC)
    other = secret_of(bytes(32), "wh0123456789ac", 1)
    assert not is_genuine(other, sent(now), body(EVENT))
    assert not is_genuine(SECRETS[0], sent(now), body(EVENT | {"campaign": "8"}))
    assert not is_genuine(SECRETS[0], sent(now) | {"webhook-id": "2-0"}, body(EVENT))
    assert not is_genuine(SECRETS[0], sent(now - timedelta(minutes=6)), body(EVENT))


def test_the_schedule_is_that_of_the_code() -> None:
    """Receivers plan their own outages by it."""
    (row,) = re.findall(r"^\| after \| (.*) \|$", PAGE, re.MULTILINE)
    units = {"s": "seconds", "min": "minutes", "h": "hours"}
    told = [timedelta(**{units[unit]: int(n)}) for n, unit in re.findall(r"(\d+) (\w+)", row)]
    assert tuple(told) == WAITS
    assert f"| {TRIES} |" in PAGE


def test_the_sample_is_what_would_be_sent() -> None:
    """Whoever writes a receiver begins with it."""
    (sample,) = re.findall(r"^\{.*\}$", PAGE, re.MULTILINE)
    fields = {"type": "campaign.finished", "at": "2023-04-12T07:00:00.000+00:00"}
    fields |= {"campaign": "7", "planned": "300", "accepted": "298", "rejected": "1"}
    assert sample.encode() == body(fields | {"skipped": "1", "unknown": "0"})
