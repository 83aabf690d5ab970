"""Settings that bound what others may cause; the rest is in `settings`."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field
from pydantic_settings import BaseSettings

from mailer.config.kinds import Kind, amount, number
from mailer.domain.settings import setting

MOST: Final = 10_000_000


class Bounds(BaseSettings):
    """The limits of the work that mail from strangers may cause, and where web hooks may lead."""

    inbound_max_bytes: Annotated[int, number(100_000, 100_000_000)] = Field(
        default=25_000_000, description="Largest mail that is taken in, in octets; others refused."
    )
    keep_raw_days: Annotated[float, amount(1, 3650, "days")] = Field(
        default=30, description="How long mail that came in is kept, to be looked at."
    )
    keep_raw_bytes: Annotated[
        int,
        number(10**8, 10**12),
    ] = Field(
        default=500_000_000,
        description="How much of it is kept at most, in octets, compressed. Beyond that the oldest"
        " that was handled gives way; if none is left, senders are asked to try later.",
    )
    proof_of_work: Annotated[int, number(0, 24)] = Field(
        default=0,
        description="How hard a reader's browser must work before it may send the form to"
        " subscribe, in bits; each doubles the work, 16 takes a second or so. 0: not at all, and"
        " then no JavaScript is needed.",
    )
    forms_per_address: Annotated[int, number(1, 10_000_000)] = Field(
        default=20, description="Forms an hour that are taken from one network address."
    )
    forms_per_network: Annotated[int, number(1, 10_000_000)] = Field(
        default=100,
        description="Forms an hour that are taken from one network (IPv4 /24, IPv6 /48).",
    )
    forms_per_hour: Annotated[int, number(1, 10_000_000)] = Field(
        default=2000, description="Forms an hour that are taken in all."
    )
    api_requests_per_minute: Annotated[int, number(1, MOST)] = Field(
        default=600, description="Requests a minute to the API that one token may make."
    )
    answers_per_connection: Annotated[int, number(1, MOST)] = Field(
        default=20,
        description="Automatic answers that mail over one SMTP connection may cause at once;"
        " what is more, here and below, is answered later.",
    )
    answers_per_address: Annotated[int, number(1, MOST)] = Field(
        default=100,
        description="Automatic answers an hour to mail from one network address (IPv6: one /64),"
        " and four times as many a day.",
    )
    answers_per_network: Annotated[int, number(1, MOST)] = Field(
        default=200, description="The same for one network (IPv4 /24, IPv6 /48)."
    )
    answers_per_domain: Annotated[int, number(1, MOST)] = Field(
        default=200, description="The same for authors of one domain."
    )
    answers_per_hour: Annotated[int, number(1, MOST)] = Field(
        default=1000, description="The same in all."
    )
    webhook_allow_networks: Annotated[
        tuple[str, ...], Kind("list of addresses or networks", setting.items(setting.network))
    ] = Field(
        default=(),
        description="Networks that web hooks may lead to though they are not public, such as"
        " 10.20.0.0/16; by plain http too. Everything else that is private is refused.",
    )
