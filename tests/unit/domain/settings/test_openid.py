"""The provider of identities, as the settings name it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mailer.config import Settings, openid_secret
from mailer.domain.access.rights import Role
from mailer.domain.settings.openid import OpenId, read_openid
from mailer.domain.settings.setting import SettingError
from mailer.errors import ConfigError

LEAST = {"issuer": "https://login.example.org/realms/main", "client_id": "mailer"}


def test_a_table_names_it() -> None:
    """In a file as a table, in a variable as JSON."""
    found = read_openid(LEAST)
    assert found == read_openid(json.dumps(LEAST))
    assert found is not None
    assert (found.name, found.claim, found.trust_email) == ("login.example.org", "groups", False)
    assert read_openid("") is read_openid({}) is read_openid(None) is None
    assert read_openid(found) is found


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("https://login.example.org", "no table"),
        ({"issuer": "https://login.example.org"}, "client_id is missing"),
        (LEAST | {"issuer": "http://login.example.org"}, "can be read on the way"),
        (LEAST | {"issuer": "login.example.org"}, "no(t)? a web address"),
        (LEAST | {"secret": "x"}, "no key"),
        (LEAST | {"roles": {"staff": "operator"}}, "no role"),
        (LEAST | {"roles": {"staff": "king"}}, "no role"),
        (LEAST | {"roles": ["owner"]}, "no table"),
        (LEAST | {"trust_email": "yes"}, "neither true nor false"),
        ("{", "JSON"),
    ],
)
def test_mistakes_are_told(value: Any, said: str) -> None:
    """An operator corrects what is named."""
    with pytest.raises(SettingError, match=said):
        read_openid(value)


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"groups": ["staff", "bosses"]}, Role.OWNER),
        ({"groups": ["staff"]}, Role.READER),
        ({"groups": "staff"}, Role.READER),
        ({"groups": ["Staff"]}, None),
        ({"groups": []}, None),
        ({"groups": {"staff": True}}, None),
        ({"groups": [None, 1, ["staff"]]}, None),
        ({}, None),
    ],
)
def test_a_claim_gives_the_mightiest_of_its_roles(
    claims: dict[str, Any], role: Role | None
) -> None:
    """Whoever is in two groups has the rights of both."""
    provider = OpenId("i", "c", roles={"staff": Role.READER, "bosses": Role.OWNER})
    assert provider.role_of(claims) is role


def test_a_claim_may_lie_deeper() -> None:
    """Keycloak has roles in `realm_access.roles`."""
    provider = OpenId("i", "c", claim="realm_access.roles", roles={"staff": Role.READER})
    assert provider.role_of({"realm_access": {"roles": ["staff"]}}) is Role.READER
    assert provider.role_of({"realm_access": ["staff"]}) is None


def test_its_secret_is_a_file_beside_the_settings(tmp_path: Path) -> None:
    """And is not read while others can read it."""
    file = tmp_path / "mailer.toml"
    file.write_text(
        'openid = { issuer = "https://login.example.org", client_id = "mailer",'
        ' client_secret_file = "openid.secret" }\n'
    )
    secret = tmp_path / "openid.secret"
    secret.write_text("s3cret\n")
    secret.chmod(0o600)
    settings = Settings.load(file)
    assert openid_secret(settings) == "s3cret"
    secret.chmod(0o644)
    with pytest.raises(ConfigError):
        openid_secret(settings)
    assert openid_secret(Settings(data_dir=tmp_path)) == ""
