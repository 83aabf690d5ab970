"""The documentation of the settings, and the files that an operator copies, tell the truth."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mailer.cli.operation.init import default_of, example
from mailer.config import Settings
from support.places import ROOT

DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([a-z_]+)` \| (.+?) \| `(.*?)` \| (.+) \|$", PAGE, re.MULTILINE)

pytestmark = pytest.mark.docs


def test_every_setting_is_documented_once_and_nothing_else_is() -> None:
    """A setting that is not on the page does not exist for an operator, and the reverse."""
    assert sorted(name for name, *_ in ROWS) == sorted(Settings.model_fields)


@pytest.mark.parametrize(("name", "kind", "default", "text"), ROWS)
def test_types_and_defaults_are_those_of_the_code(
    name: str, kind: str, default: str, text: str
) -> None:
    """A wrong default on the page leads to a wrong decision."""
    field: Any = Settings.model_fields[name]
    assert kind == field.metadata[0].words
    assert default == default_of(name)
    assert text.endswith((".", ")."))


def test_samples_on_the_page_are_good(tmp_path: Path) -> None:
    """Samples are copied."""
    samples = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    others = [sample for sample in samples if re.match(r'relays = \["(maildir|pipe):', sample)]
    samples = [sample for sample in samples if sample not in others]
    assert (len(samples), len(others)) == (4, 2)
    keys = tmp_path / "keys"
    keys.mkdir()
    for name in ("mailer-ed.pem", "mailer-rsa.pem"):
        (keys / name).write_text("-----BEGIN PRIVATE KEY-----\n")
        (keys / name).chmod(0o600)
    file = tmp_path / "mailer.toml"
    file.write_text("\n".join(samples))
    settings = Settings.load(file)
    assert (len(settings.dkim_keys), len(settings.topics)) == (2, 3)
    for sample in others:
        file.write_text(sample)
        assert len(Settings.load(file).relays) == 1


def test_example_configuration_is_the_one_that_init_writes_and_loads() -> None:
    """Two descriptions of the same settings would drift apart."""
    file = DEPLOY / "mailer.example.toml"
    assert file.read_text(encoding="utf-8") == example()
    Settings.load(file).check_for_sending()


def test_sample_topics_of_the_example_are_good(tmp_path: Path) -> None:
    """Whoever removes the signs before them must not meet an error."""
    sample = example().partition("#     [topics.bulletin]")
    lines = "".join(sample[1:]).splitlines()
    file = tmp_path / "mailer.toml"
    file.write_text("\n".join([example(), *(line.removeprefix("#") for line in lines)]))
    topics = Settings.load(file).topics
    assert ([*topics], topics.default) == (["bulletin", "press"], "bulletin")
    assert set(topics["press"].names) == {"en", "fr", "es"}


def test_the_guide_to_a_new_topic_shows_settings_that_load(tmp_path: Path) -> None:
    """Its table is copied into `mailer.toml`."""
    guide = (ROOT / "docs/how-to/add-a-topic.md").read_text(encoding="utf-8")
    (sample,) = re.findall(r"^```toml\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    file = tmp_path / "mailer.toml"
    file.write_text(sample)
    assert [*Settings.load(file).topics] == ["bulletin", "meetings", "press"]


def test_links_within_the_page_lead_somewhere() -> None:
    """A dead link in a manual is a question to someone."""
    headings = {
        re.sub(r"[^a-z -]", "", heading.lower()).strip().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings


@pytest.mark.parametrize("file", sorted(DEPLOY.rglob("*.service")), ids=lambda file: file.name)
def test_units_are_hardened_and_name_settings_that_exist(file: Path) -> None:
    """A service that reads mail from strangers gets no right that it does not need."""
    unit = file.read_text(encoding="utf-8")
    for line in (
        "User=mailer",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "MemoryDenyWriteExecute=yes",
        "SystemCallFilter=@system-service",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "RestartPreventExitStatus=2",
        "KillMode=mixed",
    ):
        assert re.search(rf"^{re.escape(line)}$", unit, re.MULTILINE), line
    assert unknown_variables(unit) == set()


@pytest.mark.parametrize("name", ["compose.yaml", "Dockerfile", "README.md"])
def test_what_operators_copy_names_settings_that_exist(name: str) -> None:
    """A misspelt variable in a compose file is ignored in silence."""
    assert unknown_variables((DEPLOY / name).read_text(encoding="utf-8")) == set()


def unknown_variables(text: str) -> set[str]:
    """Find variables of our prefix that are no setting's."""
    known = {f"MAILER_{name.upper()}" for name in Settings.model_fields} | {"MAILER_CONFIG"}
    return set(re.findall(r"\bMAILER_[A-Z_]+[A-Z]", text)) - known


def test_sample_addresses_fit_the_sample_list() -> None:
    """Postfix must catch what comes back to the addresses that the sample configuration makes."""
    settings = Settings.load(DEPLOY / "mailer.example.toml")
    table = (DEPLOY / "postfix/mailer-addresses").read_text(encoding="utf-8")
    patterns = re.findall(r"^/(.+?)/\s", table, re.MULTILINE)
    for local in ("bulletin", "bulletin-bounces+a1b2-c3", "bulletin-leave", "postmaster"):
        address = f"{local}@{settings.list_domain}"
        assert any(re.search(pattern, address) for pattern in patterns), address
    assert not any(re.search(pattern, "bulletins@lists.example.org") for pattern in patterns)
