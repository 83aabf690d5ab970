"""Ways to hand mail over other than SMTP: how they are written, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.config import Settings
from mailer.domain.settings.relay_url import RelayUrl
from mailer.domain.settings.transport_url import TransportUrl, parse_destination
from mailer.errors import ConfigError

COMMAND = "/usr/sbin/sendmail -i -f {sender} -- {recipient}"


@pytest.mark.parametrize(
    ("text", "scheme", "place"),
    [
        ("maildir:/srv/out", "maildir", "/srv/out"),
        (" MAILDIR:/srv/out/ ", "maildir", "/srv/out"),
        ("maildir:/srv/bulletin out", "maildir", "/srv/bulletin out"),
        (f"pipe:{COMMAND}", "pipe", COMMAND),
        (
            "pipe: /bin/x  -f  {sender} -- '{recipient}'",
            "pipe",
            "/bin/x -f {sender} -- {recipient}",
        ),
    ],
)
def test_a_way_reads_as_its_scheme_and_place(text: str, scheme: str, place: str) -> None:
    """Status and logs show what the operator wrote, in its usual form."""
    found = parse_destination(text)
    assert found == TransportUrl(scheme, place)
    assert found.name == f"{scheme}:{place}"
    assert parse_destination(found.name) == found


def test_a_url_of_smtp_is_a_relay_still() -> None:
    """The list holds both kinds."""
    assert parse_destination("smtp://mx.example.org") == RelayUrl.parse("smtp://mx.example.org")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("maildir:", "from the root"),
        ("maildir:srv/out", "from the root"),
        ("maildir:/srv/out\n/x", "from the root"),
        ("pipe:", "from the root"),
        ("pipe:sendmail -i -f {sender} -- {recipient}", "from the root"),
        ("pipe:/usr/sbin/sendmail -t -i", "{sender} and {recipient}"),
        ("pipe:/usr/sbin/sendmail -f{sender} -- {recipient}", "{sender} and {recipient}"),
        ("pipe:/usr/sbin/sendmail -f {sender} {recipient}", "-- before {recipient}"),
        ("pipe:/usr/sbin/sendmail -f {sender} {recipient} --", "-- before {recipient}"),
        ("pipe:/usr/sbin/sendmail -f {sender} -- '{recipient}", "quote"),
        ("https://api.example.org", "smtp://"),
    ],
)
def test_what_would_go_wrong_later_is_refused_at_once(text: str, told: str) -> None:
    """An address that begins with a hyphen must never be an option of the command."""
    with pytest.raises(ValueError, match=told):
        parse_destination(text)


def test_a_way_other_than_smtp_stands_by_itself(tmp_path: Path) -> None:
    """Mail is shared out among SMTP relays only; a list of both would hide one of them."""
    toml = tmp_path / "mailer.toml"
    toml.write_text('relays = ["maildir:/srv/out", "smtp://mx.example.org"]\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Settings.load(toml)
    (problem,) = caught.value.problems
    assert "line 1" in problem.place
    assert "maildir: stands beside another way" in problem.text
    toml.write_text('relays = ["maildir:/srv/out"]\n', encoding="utf-8")
    assert [one.name for one in Settings.load(toml).relays] == ["maildir:/srv/out"]


def test_a_rate_limit_names_it_by_its_scheme(tmp_path: Path) -> None:
    """A slow gateway behind the folder can be paced like a relay."""
    toml = tmp_path / "mailer.toml"
    limit = 'rate_limits = ["20 a second through maildir"]\n'
    toml.write_text(f'relays = ["maildir:/srv/out"]\n{limit}', encoding="utf-8")
    assert Settings.load(toml).rate_limits[0].relay == "maildir"
    toml.write_text(limit, encoding="utf-8")
    with pytest.raises(ConfigError, match="not in relays"):
        Settings.load(toml)
