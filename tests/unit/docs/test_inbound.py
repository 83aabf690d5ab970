"""docs/inbound.md against the code: what an operator copies must be true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailer.config import Settings
from mailer.domain.inbound.received import MailState
from mailer.domain.settings.listen_url import OPTIONS, ListenUrl
from mailer.inbound.door import Limits
from mailer.inbound.pipe import Exit
from mailer.message.incoming import mime
from mailer.services.inbound.intake import own_addresses
from support.places import ROOT

pytestmark = pytest.mark.docs

PAGE = (ROOT / "docs/inbound.md").read_text(encoding="utf-8")


def column(title: str) -> list[str]:
    """Return the first cells of the table whose first column has that title."""
    table = PAGE.partition(f"| {title} |")[2].partition("\n\n")[0]
    return [line.split("|")[1].strip() for line in table.splitlines()[2:]]


def test_every_address_in_the_table_is_ours(tmp_path: Path) -> None:
    """Readers write to what is printed."""
    settings = Settings(data_dir=tmp_path, list_domain="lists.example.org")
    own = own_addresses(settings)
    found = re.findall(r"`([^`]+)`", " ".join(column("address")))
    assert len(found) >= 10
    assert all(own.read(address) for address in found)


def test_states_and_exit_codes_are_those_of_the_code() -> None:
    """A word that is looked up must be found."""
    assert [cell.strip("`") for cell in column("state")] == [state.value for state in MailState]
    assert [int(cell) for cell in column("exit code")] == [code.value for code in Exit]


def test_options_and_limits_are_those_of_the_code() -> None:
    """Wrong limits in a manual are looked for in the wrong place."""
    assert set(re.findall(r"`([^`]+)`", " ".join(column("option")))) == OPTIONS
    place, limits = ListenUrl("smtp"), Limits()
    assert f"| `connections` | {place.connections} |" in PAGE
    assert f"| `per_address` | {place.per_address} |" in PAGE
    assert f"at most {limits.recipients} recipients" in PAGE
    assert f"more than {limits.errors} times" in PAGE
    assert (limits.idle_seconds, limits.data_seconds) == (300, 1800)


def test_what_a_mail_may_cost_is_what_the_code_says() -> None:
    """A user who wonders why the end of a mail was not read looks here."""
    text = " ".join(PAGE.split())
    assert f"{mime.MOST_PARTS:,} parts within {mime.DEEPEST} levels" in text
    assert f"1 MB of header in {mime.MOST_ALL_FIELDS:,} fields" in text
    assert mime.MOST_HEADERS == mime.MOST_DECODED == 2**20
    assert f"its first {mime.LONGEST_TEXT // 1024} kB" in text
    assert f"{mime.MOST_WORDS:,} encoded words" in text


def test_samples_are_good_settings(tmp_path: Path) -> None:
    """Samples are copied."""
    samples = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(samples) == 4
    for sample in samples:
        file = tmp_path / "mailer.toml"
        file.write_text(sample, encoding="utf-8")
        Settings.load(file)


def test_links_within_the_page_lead_somewhere() -> None:
    """A dead link in a manual is a question to someone."""
    headings = {
        re.sub(r"[^a-z -]", "", heading.lower()).strip().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings
