"""Settings that bound what strangers may cause; the rest is in `mailer.config`."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field
from pydantic_settings import BaseSettings

from mailer.config_kinds import Kind, number
from mailer.domain import setting

MOST: Final = 10_000_000


class Bounds(BaseSettings):
    """How much mail from strangers may make the service do."""

    trusted_mtas: Annotated[
        tuple[str, ...], Kind("list of addresses or networks", setting.items(setting.network))
    ] = Field(
        default=(),
        description="Mail servers of yours that hand mail over by SMTP, and whose Received fields"
        " tell who sent it to them. Those that use LMTP are believed always.",
    )
    answers_per_connection: Annotated[int, number(1, MOST)] = Field(
        default=20,
        description="Automatic answers that mail over one SMTP connection may cause at once;"
        " what is more, here and below, is answered later.",
    )
    answers_per_address: Annotated[int, number(1, MOST)] = Field(
        default=60,
        description="Automatic answers an hour to mail from one network address (IPv6: one /64),"
        " and four times as many a day.",
    )
    answers_per_network: Annotated[int, number(1, MOST)] = Field(
        default=100, description="The same for one network (IPv4 /24, IPv6 /48)."
    )
    answers_per_domain: Annotated[int, number(1, MOST)] = Field(
        default=200, description="The same for authors of one domain."
    )
    answers_per_hour: Annotated[int, number(1, MOST)] = Field(
        default=1000, description="The same in all."
    )
