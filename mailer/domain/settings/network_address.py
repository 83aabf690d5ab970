"""Settings that are network addresses, or places of name servers."""

from __future__ import annotations

import ipaddress
from typing import Any, Final

from mailer.domain.settings.name_server import NameServer
from mailer.domain.settings.setting import SettingError, parsed, text


def network_address(value: Any) -> str:
    """Read one network address; returns it in its usual form."""
    written = text(value)
    try:
        return str(ipaddress.ip_address(written))
    except ValueError:
        raise SettingError(
            f'"{written}" is no network address', "write one such as 192.0.2.1 or 2001:db8::1"
        ) from None


name_server: Final = parsed(NameServer, NameServer.parse)
