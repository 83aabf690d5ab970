"""The secrets that settings name by their files."""

from __future__ import annotations

from mailer.config import secret
from mailer.config.settings import Settings
from mailer.errors import ConfigError


def secret_key(settings: Settings) -> bytes:
    """Read the key that signs links and return addresses; makes it where there is none yet.

    Returns:
        32 bytes.

    Raises:
        ConfigError: the file is open to others, holds something else, or cannot be made.
    """
    try:
        return secret.key(settings.secret_key_file)
    except secret.SecretFileError as error:
        raise ConfigError([error.problem]) from None


def openid_secret(settings: Settings) -> str:
    """Read the secret by which an OpenID provider knows us; empty: it knows us without one.

    Raises:
        ConfigError: the file is missing, open to others, or holds something else.
    """
    file = settings.openid.client_secret_file if settings.openid else None
    try:
        return secret.read(file).strip() if file else ""
    except secret.SecretFileError as error:
        raise ConfigError([error.problem]) from None
