"""Settings: where they come from, which source wins, and what they refuse to tell."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from mailer.config import Settings
from mailer.domain.campaigns.rate_limit import RateLimit
from mailer.domain.settings.relay_url import RelayUrl
from mailer.errors import ConfigError


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in list(os.environ):
        if name.startswith("MAILER_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    """Name a file in a folder other than the working one."""
    folder = tmp_path / "etc"
    folder.mkdir()
    return folder / "mailer.toml"


def test_defaults_suffice_to_start() -> None:
    """A newcomer's first command needs no configuration at all."""
    settings = Settings.load()
    assert settings.data_dir == Path.cwd() / "data"
    assert settings.secret_key_file == settings.data_dir / "secret.key"
    assert settings.languages == ("en", "fr", "es")
    assert settings.retry_limit == timedelta(hours=48)
    assert settings.lateness_limit == timedelta(hours=6)
    assert settings.origin("workers") == "default"


def test_stronger_sources_win(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator who overrides something for one run must get what was asked for."""
    toml.write_text("workers = 3\nconnections = 3\nchunk_size = 2000\n")
    monkeypatch.setenv("MAILER_WORKERS", "4")
    monkeypatch.setenv("MAILER_CONNECTIONS", "4")
    settings = Settings.load(toml, workers=5, log_level=None)
    assert (settings.workers, settings.connections, settings.chunk_size) == (5, 4, 2000)
    assert settings.origin("workers") == "--workers"
    assert settings.origin("connections") == "MAILER_CONNECTIONS"
    assert settings.origin("chunk_size") == f"{toml} line 3"


def test_an_empty_variable_is_as_if_not_set(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose files pass `${X:-}` on; that must not blank what the file says."""
    toml.write_text('sender_address = "office@example.org"\n')
    monkeypatch.setenv("MAILER_SENDER_ADDRESS", "")
    assert Settings.load(toml).sender_address == "office@example.org"


def test_file_is_found_by_variable_then_in_the_working_folder(
    toml: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service and the person at the terminal must end up with the same file."""
    (tmp_path / "mailer.toml").write_text("workers = 7\n")
    assert Settings.load().workers == 7
    toml.write_text("workers = 8\n")
    monkeypatch.setenv("MAILER_CONFIG", str(toml))
    assert Settings.load().workers == 8
    assert Settings.load(tmp_path / "mailer.toml").workers == 7


def test_relative_paths_of_the_file_start_at_the_file(toml: Path) -> None:
    """Called from another folder, a command must not begin a second, empty data folder."""
    toml.write_text('data_dir = "store"\n')
    settings = Settings.load(toml)
    assert settings.data_dir == toml.parent / "store"
    assert settings.secret_key_file == toml.parent / "store" / "secret.key"
    toml.write_text("workers = 1\n")
    assert Settings.load(toml).data_dir == toml.parent / "data"


def test_lists_in_variables_are_parted_by_commas_or_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables hold text only, and operators write lists in both ways."""
    monkeypatch.setenv("MAILER_LANGUAGES", "fr, pt-BR")
    monkeypatch.setenv("MAILER_RATE_LIMITS", '["600 a minute", "5 a second to example.net"]')
    monkeypatch.setenv("MAILER_SENDER_NAME", '{"fr": "Le bulletin"}')
    settings = Settings.load()
    assert settings.languages == ("fr", "pt-BR")
    assert settings.rate_limits == (RateLimit(600, 60), RateLimit(5, 1, "example.net"))
    assert settings.sender_name_in("fr") == "Le bulletin"


@pytest.mark.parametrize(
    ("language", "name"), [("fr", "Le bulletin"), ("en", "The bulletin"), ("es", "The bulletin")]
)
def test_sender_name_falls_back_to_the_first_language(toml: Path, language: str, name: str) -> None:
    """A mail never goes out with an empty sender because a translation is missing."""
    toml.write_text('sender_name = { fr = "Le bulletin", en = "The bulletin" }\n')
    assert Settings.load(toml).sender_name_in(language) == name


def test_settings_never_change() -> None:
    """Two parts of a running service must not see different settings."""
    settings = Settings()
    with pytest.raises(ValidationError):
        settings.workers = 9


def test_constructing_looks_at_nothing_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests and tools must be able to say exactly which settings they mean."""
    monkeypatch.setenv("MAILER_WORKERS", "40")
    assert Settings(data_dir=Path("/srv")).workers == 2


def test_a_child_process_gets_the_same_settings(
    toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers started by the supervisor must sign and send as the supervisor was told."""
    toml.write_text(
        'data_dir = "d"\nrelays = ["smtp://u:p%40ss@relay.example.org?weight=2"]\n'
        'sender_name = { en = "Bulletin" }\nretry_hours = 1.5\n'
        'rate_limits = ["6 a minute"]\nlanguages = ["en", "fr"]\n'
        '[topics.press]\nname = { en = "Press", fr = "Presse" }\n'
        "[topics.board]\nvisible = false\n"
    )
    parent = Settings.load(toml, workers=3)
    for name, value in parent.environment().items():
        monkeypatch.setenv(name, value)
    child = Settings.load()
    assert child.model_dump() == parent.model_dump()
    assert [*child.topics] == ["press", "board"], "in the order of the file"
    assert child.topics.name("press", "fr") == "Presse"
    assert isinstance(child.relays[0], RelayUrl)
    assert child.relays[0].password == "p@ss"


def test_secrets_are_not_shown(toml: Path) -> None:
    """Settings end up in logs and bug reports; passwords must not."""
    toml.write_text(
        'relays = ["smtp://robot:hunter2@relay.example.org"]\n'
        'redis_url = "redis://:hunter2@store.example.org"\n'
    )
    settings = Settings.load(toml)
    assert "hunter2" not in f"{settings!r} {settings}"


def test_what_sending_needs_is_asked_for_by_name() -> None:
    """There is no right default for one's own address, and a made-up one would be mailed from."""
    with pytest.raises(ConfigError) as caught:
        Settings(list_domain="lists.example.org").check_for_sending()
    assert [problem.place for problem in caught.value.problems] == ["sender_address"]
    assert "MAILER_SENDER_ADDRESS" in str(caught.value)
    Settings(
        list_domain="lists.example.org", sender_address="office@example.org"
    ).check_for_sending()
