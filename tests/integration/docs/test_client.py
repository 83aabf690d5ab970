"""docs/client.md: its examples are done one after the other, against a real service."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mailer.client import Client, errors
from mailer.client.asking import Call, Resource, Series
from mailer.client.resources import Resources
from mailer.domain.webhooks import signing
from mailer.domain.webhooks.payload import body
from mailer.store.server.connection import Store
from mailer.web.api import streams
from support.places import ROOT
from support.samples.archives import zipped
from support.servers.served import served
from support.service.api_campaign import ApiCampaign
from support.service.small_campaign import FILES

pytestmark = pytest.mark.docs

PAGE = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
ADDRESS = '"https://bulletin.example.org"'


def table() -> list[str]:
    """Write the methods as the page lists them: the first sentence of each, and its route."""
    rows = []
    resources: Resources[Any] = Resources(None)  # type: ignore[arg-type]
    for name, resource in vars(resources).items():
        assert isinstance(resource, Resource)
        for attribute, value in vars(type(resource)).items():
            if isinstance(value, Call | Series):
                method, path = value.route
                rows.append(f"| `{name}.{attribute}` | `{method} {path}` |")
    return rows


def test_examples_do_what_the_page_says(
    store: Store,
    data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are copied by whoever begins."""
    monkeypatch.setattr(streams, "LOOK_SECONDS", 0.05)
    api = ApiCampaign(store, data_dir)
    monkeypatch.chdir(tmp_path)
    Path("readers.csv").write_text("address,language\nzoe@example.org,fr\n", encoding="utf-8")
    Path("spring.zip").write_bytes(zipped(FILES))
    secret = signing.secret_of(bytes(32), "wh0123456789ab", 1)
    said: list[str] = []
    with served(api.web.app) as address, Client(address, api.token) as client:
        names: dict[str, Any] = {"token": api.token, "secret": secret}
        names["print"] = lambda *words: said.append(" ".join(map(str, words)))
        for number, example in enumerate(EXAMPLES):
            assert ADDRESS in example or "Client(" not in example
            exec(example.replace(ADDRESS, repr(address)), names)  # noqa: S102 - the page is ours
            if number == 0:
                names["client"] = client
        found = client.subscribers.get(names["added"]["number"]).value
        assert client.campaigns.status(names["number"]).value["state"] == "cancelled"
    assert found["tags"] == ["board", "press"]
    assert said[0] == "3"
    assert "ana@example.org fr" in said
    assert "waiting" in said
    assert b"ana@example.org" in Path("export.csv").read_bytes()
    assert [line for line in said if " of " in line] == ["sending 0 of 2", "cancelled 0 of 2"]
    assert len([line for line in said if line.startswith("address ")]) == 1
    assert said[-1] == "2"
    sent = body({"type": "campaign.paused", "at": api.clock.now().isoformat(), "campaign": "7"})
    headers = signing.headers("1-0", api.clock.now(), sent, [secret])
    assert names["received"](headers, sent) == 400  # the clock of the test is long ago
    assert names["received"](headers, b"{}") == 400


def test_every_method_is_listed_with_its_route() -> None:
    """What nobody reads of is not used; the difference says what to write there."""
    assert re.findall(r"^\| `\w+\.\w+` \| `[A-Z]+ .*$", PAGE, re.MULTILINE) == table()


def test_every_error_is_listed_with_its_status() -> None:
    """Whoever catches them has to know their names."""
    listed = dict(re.findall(r"^\| `(\w+)` \| (\d{3}) \|$", PAGE, re.MULTILINE))
    assert listed == {kind.__name__: str(int(one)) for one, kind in errors.KINDS.items()}
