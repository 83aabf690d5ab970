"""Settings of the web pages, and of what is served beside them; the rest is in `settings`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from mailer.config.kinds import Kind
from mailer.domain.settings import setting
from mailer.domain.settings.time_zone import zone_name
from mailer.domain.settings.web_place import WebPlace


class Pages(BaseSettings):
    """Where the pages are served, and to whom."""

    public_url: Annotated[str, Kind("https:// address or empty", setting.public_url)] = Field(
        default="", description="Where readers reach the web pages. Empty: everything goes by mail."
    )
    time_zone: Annotated[str, Kind("time zone", zone_name)] = Field(
        default="UTC",
        description="The institution's zone, such as Europe/Zurich: the console shows and takes"
        " times in it.",
    )
    web_listen: Annotated[WebPlace | None, Kind("URL or empty", setting.web_place)] = Field(
        default=None,
        description="Where the web pages are served, such as http://127.0.0.1:8080, for a proxy"
        " that speaks TLS to the world. Empty: nowhere.",
    )
    metrics_listen: Annotated[WebPlace | None, Kind("URL or empty", setting.web_place)] = Field(
        default=None,
        description="Where /metrics is served, for Prometheus, beside /healthz and /readyz; never"
        " on the readers' pages. Empty: nowhere.",
    )
    trusted_proxies: Annotated[
        tuple[str, ...], Kind("list of addresses or networks", setting.items(setting.network))
    ] = Field(
        default=("127.0.0.1/32", "::1/128"),
        description="Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. Requests"
        " by a unix socket are always believed.",
    )
    allowed_origins: Annotated[
        tuple[str, ...], Kind("list of websites", setting.items(setting.origin))
    ] = Field(
        default=(),
        description="Other websites, such as https://www.example.org, whose scripts may use the"
        " form to subscribe. A plain HTML form needs no entry here.",
    )
