"""`mailer web` and `mailer up` know from the settings whether pages are served, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.config import Settings
from mailer.errors import ConfigError
from mailer.workers import web as process
from mailer.workers.supervisor import Supervisor
from support.service.small_campaign import settings_for


def names(settings: Settings) -> list[str]:
    """Return the processes that `mailer up` runs."""
    return [child.name for child in Supervisor(settings).children]


def test_up_serves_pages_where_a_place_is_set_and_only_there(data_dir: Path) -> None:
    """An operator who wants no pages gets no open port."""
    assert "web" not in names(settings_for(data_dir))
    assert "web" in names(settings_for(data_dir, web_listen="http://127.0.0.1:0"))


def test_without_a_place_the_command_says_what_to_set(data_dir: Path) -> None:
    """A process that serves nowhere would look as if it worked."""
    with pytest.raises(ConfigError, match="web_listen: nothing says where pages are served"):
        process.main(settings_for(data_dir))


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("web_listen", "127.0.0.1:8080", "begins with http://"),
        ("trusted_proxies", ["proxy.example.org"], "not an address or a network"),
        ("allowed_origins", ["www.example.org"], "not the address of a website"),
        ("allowed_origins", ["https://www.example.org/form"], "more than the address"),
        ("proof_of_work", 30, "0 to 24"),
        ("forms_per_hour", 0, "1 to 10000000"),
    ],
)
def test_settings_that_cannot_be_are_told_with_a_remedy(
    tmp_path: Path, name: str, value: object, wrong: str
) -> None:
    """At the start, not when the first reader comes."""
    import json

    file = tmp_path / "mailer.toml"
    file.write_text(f"{name} = {json.dumps(value)}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=wrong) as caught:
        Settings.load(file)
    assert "mailer.toml line 1" in str(caught.value)
