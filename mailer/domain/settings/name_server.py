"""Where a name server is asked: an address, and a port."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final, NamedTuple, Self

PORT: Final = 53
_HIGHEST: Final = 65_535
_FORMS: Final = "write an address such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353"


class NameServer(NamedTuple):
    """One name server."""

    address: str
    port: int = PORT

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return host if self.port == PORT else f"{host}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address, alone or with a port; IPv6 with a port is in brackets.

        Raises:
            ValueError: it is none; its message has a remedy.
        """
        host, port = text.strip(), ""
        if host.startswith("["):
            host, _, rest = host[1:].partition("]")
            port = rest.removeprefix(":")
        elif host.count(":") == 1:
            host, _, port = host.partition(":")
        good = not port or (port.isascii() and port.isdecimal() and len(port) < 6)
        try:
            address = str(ip_address(host))
        except ValueError:
            good, address = False, ""
        if not good or not 0 < int(port or PORT) <= _HIGHEST:
            raise ValueError(f"This is no address of a name server; {_FORMS}.")
        return cls(address, int(port or PORT))
