"""The provider by which users may sign in (OpenID Connect), as the settings name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from mailer.domain.access.rights import GIVEN, Role
from mailer.domain.settings import setting
from mailer.domain.settings.setting import SettingError
from mailer.domain.settings.web_place import parse_public_url

NEEDED: Final = ("issuer", "client_id")
KEYS: Final = (*NEEDED, "client_secret_file", "label", "claim", "roles", "trust_email")
SAMPLE: Final = '{ issuer = "https://login.example.org", client_id = "mailer" }'
CLAIM: Final = "groups"


@dataclass(frozen=True, slots=True)
class OpenId:
    """One provider."""

    issuer: str
    """As it names itself, letter by letter."""
    client_id: str
    client_secret_file: Path | None = None
    """None: we are a public client, and prove by PKCE alone that a code is ours."""
    label: str = ""
    """Its name for people; empty: its host."""
    claim: str = CLAIM
    """The claim that gives roles; parts of its path are separated by dots."""
    roles: Mapping[str, Role] | None = None
    """Value of the claim -> role; none: users are added here, and their roles given here."""
    trust_email: bool = False
    """Whether its addresses are taken for verified though it does not say so."""

    @property
    def name(self) -> str:
        """Return its name for people."""
        return self.label or urlsplit(self.issuer).hostname or self.issuer

    def role_of(self, claims: Mapping[str, Any]) -> Role | None:
        """Return the mightiest role that somebody's claims give them."""
        found: Any = claims
        for part in self.claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        values = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        named = self.roles or {}
        given = {named[one] for one in values if isinstance(one, str) and one in named}
        return next((role for role in GIVEN if role in given), None)


def read_openid(value: Any) -> OpenId | None:
    """Read the provider; in a variable, the table is written as JSON. Empty: none.

    Raises:
        SettingError: what is wrong, and how to mend it.
    """
    if isinstance(value, OpenId) or value is None:
        return value
    if isinstance(value, str):
        if not value.strip():
            return None
        value = setting.from_json(value) if value.lstrip().startswith("{") else None
    if not isinstance(value, Mapping):
        raise SettingError("it is no table", f"write {SAMPLE}")
    if not value:
        return None
    unknown = sorted(set(value) - set(KEYS))
    if unknown:
        raise SettingError(f'there is no key "{unknown[0]}"', f"use {setting.either(KEYS)}")
    for name in NEEDED:
        if not value.get(name):
            raise SettingError(f"{name} is missing", f"write {SAMPLE}")
    trust = value.get("trust_email", False)
    if not isinstance(trust, bool):
        raise SettingError("trust_email is neither true nor false", "write one of them")
    file = value.get("client_secret_file", "")
    return OpenId(
        issuer(value["issuer"]),
        setting.text(value["client_id"]),
        setting.path(file) if file else None,
        setting.text(value.get("label", "")),
        setting.text(value.get("claim", CLAIM)) or CLAIM,
        _roles(value["roles"]) if value.get("roles") else None,
        trust,
    )


def issuer(value: Any) -> str:
    """Read an issuer's address: https, or this machine's own. A slash at its end is part of it."""
    written = setting.text(value)
    try:
        parse_public_url(written.removesuffix("/"))
    except ValueError as error:
        wrong, _, remedy = str(error).partition("; ")
        raise SettingError(f"issuer: {wrong}", remedy) from None
    return written


def _roles(value: Any) -> Mapping[str, Role]:
    if not isinstance(value, Mapping):
        raise SettingError("roles is no table", 'write { "mailer-editors" = "editor" }')
    found = {}
    for group, word in value.items():
        if word not in GIVEN:
            remedy = f"use {setting.either([str(role) for role in GIVEN])}"
            raise SettingError(f'roles: "{word}" is no role', remedy)
        found[str(group)] = Role(word)
    return found
