"""The key of this installation, which signs links and return addresses."""

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
