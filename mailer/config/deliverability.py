"""Settings of how the world is asked about our mail; the rest is in `settings`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from mailer.config.kinds import Kind
from mailer.domain.settings import setting
from mailer.domain.settings.name_server import NameServer
from mailer.domain.settings.network_address import name_server, network_address


class Deliverability(BaseSettings):
    """What `mailer doctor` needs to know that nobody else does."""

    sending_addresses: Annotated[
        tuple[str, ...], Kind("list of addresses", setting.items(network_address))
    ] = Field(
        default=(),
        description="Network addresses that your mail reaches the world from, such as 192.0.2.1,"
        " for `mailer doctor` to look at their names and SPF. Empty: it works them out if it can.",
    )
    name_servers: Annotated[
        tuple[NameServer, ...], Kind("list of addresses", setting.items(name_server))
    ] = Field(
        default=(),
        description="Name servers that `mailer doctor` asks. Empty: those of the machine.",
    )
