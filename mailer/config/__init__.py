"""The settings of the service: frozen, gathered from wherever they are written, and checked.

1. `sources` finds what is written, and remembers where. `kinds` reads each value.
2. `settings` lists the settings; `inbound`, `pages` and `access` those of one strand each, and
   `bounds` those that bound what strangers may cause.
3. `checks` compares settings with each other and with files. `secret` reads files with secrets;
   `own_key` is the key of this installation, and what else settings name by its file.
"""

from mailer.config.own_key import openid_secret, secret_key
from mailer.config.settings import Settings

__all__ = ["Settings", "openid_secret", "secret_key"]
