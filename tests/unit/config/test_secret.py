"""The secret key: made once, whole, for its owner alone."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mailer.config import Settings, secret, secret_key
from mailer.errors import ConfigError


def settings_in(folder: Path) -> Settings:
    """Make settings that keep everything in that folder."""
    return Settings(data_dir=folder)


def test_key_is_made_at_first_use_and_kept(tmp_path: Path) -> None:
    """Links in mail already sent must go on working after a restart."""
    settings = settings_in(tmp_path / "data")
    key = secret_key(settings)
    assert len(key) == 32
    assert secret_key(settings) == key
    assert stat.S_IMODE(settings.secret_key_file.stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["secret.key"]


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    """Two workers with different keys would refuse each other's links."""
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: secret_key(settings_in(tmp_path)), range(16)))
    assert len(keys) == 1


def test_a_key_is_never_replaced(tmp_path: Path) -> None:
    """Overwriting a key cannot be undone."""
    assert secret.make(tmp_path / "k", "first")
    assert not secret.make(tmp_path / "k", "second")
    assert (tmp_path / "k").read_text() == "first"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_key_open_to_others_is_refused_with_the_command_to_run(tmp_path: Path, mode: int) -> None:
    """A person who can read it can unsubscribe anybody."""
    settings = settings_in(tmp_path)
    secret_key(settings)
    settings.secret_key_file.chmod(mode)
    with pytest.raises(ConfigError, match=f"; run: chmod 600 {settings.secret_key_file}") as caught:
        secret_key(settings)
    assert caught.value.exit_code == 2


def test_a_key_handed_over_by_systemd_is_taken_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its mode there says nothing: the folder is closed to others, and not ours to change."""
    settings = settings_in(tmp_path)
    key = secret_key(settings)
    settings.secret_key_file.chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert secret_key(settings) == key


@pytest.mark.parametrize("content", [b"", b"abc", b"zz" * 32, b"ab" * 31, b"\xff" * 64])
def test_a_damaged_key_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    """Making a new one in silence would break every link already sent."""
    settings = settings_in(tmp_path)
    settings.secret_key_file.write_bytes(content)
    settings.secret_key_file.chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        secret_key(settings)
    assert "secret.key: it " in str(caught.value)
    assert "zz" not in str(caught.value)
    assert settings.secret_key_file.read_bytes() == content


def test_a_key_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """An operator must learn that it is the folder's rights, not the program."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"cannot be (?:made|read) \(not a directory\); "):
        secret_key(settings_in(tmp_path / "file"))
