"""The store and the secret key belong together."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.errors import ConfigError
from mailer.services.operation.opening import open_for, opened_for
from mailer.store import keys
from support.service.small_campaign import settings_for


def test_a_store_opens_again_with_its_key(data_dir: Path) -> None:
    """The ordinary case: made at the first start, found at the next."""
    settings = settings_for(data_dir)
    with opened_for(settings) as store:
        mark = store.redis.get(keys.KEY_FINGERPRINT)
    with opened_for(settings) as store:
        assert store.redis.get(keys.KEY_FINGERPRINT) == mark


def test_another_key_is_refused(data_dir: Path) -> None:
    """With it, suppressed people would be mailed and links in old mail would be dead (law 7)."""
    settings = settings_for(data_dir)
    open_for(settings).close()
    settings.secret_key_file.write_text("ab" * 32 + "\n")
    with pytest.raises(ConfigError, match=r"secret\.key: .*restore the key"):
        open_for(settings)


def test_a_missing_key_is_not_replaced_by_a_new_one(data_dir: Path) -> None:
    """A forgotten file after a move must be noticed while the copy can still be found."""
    settings = settings_for(data_dir)
    open_for(settings).close()
    settings.secret_key_file.unlink()
    with pytest.raises(ConfigError, match="restore it from your copy"):
        open_for(settings)
    assert not settings.secret_key_file.exists()


def test_with_everysec_what_the_laws_need_is_on_disk_when_we_go_on(data_dir: Path) -> None:
    """Durability `everysec` waits for the disk where it matters (law 3)."""
    with opened_for(settings_for(data_dir, durability="everysec")) as store:
        assert store.redis.config_get("appendfsync") == {"appendfsync": "everysec"}
        before = store.redis.info("persistence")["aof_current_size"]
        store.redis.set("kept", "x" * 1000)
        store.durable()
        written = sum(file.stat().st_size for file in (data_dir / "appendonlydir").iterdir())
        assert written >= before + 1000
