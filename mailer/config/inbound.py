"""Settings of how mail comes in, and what bounces do; the rest is in `settings`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings

from mailer.config.kinds import Kind, choice, number
from mailer.domain.bounces.reporter import Reporter, reporters
from mailer.domain.settings import setting
from mailer.domain.settings.listen_url import ListenUrl


class Inbound(BaseSettings):
    """Where mail is taken in, whom it is believed of, and what bounces lead to."""

    listen: Annotated[
        tuple[ListenUrl, ...], Kind("list of listening URLs", setting.items(setting.listen))
    ] = Field(
        default=(),
        description="Where mail is taken in, such as lmtp://127.0.0.1:8024 for an MTA on this"
        " machine, or smtp://0.0.0.0:25. Empty: nowhere.",
    )
    imap_url: Annotated[str, Kind("URL or empty", setting.imap_url)] = Field(
        default="",
        repr=False,
        description="Mailbox that mail is fetched from, such as"
        " imaps://user:password@imap.example.org/INBOX; what was taken in moves to a folder.",
    )
    authentication_server: Annotated[str, Kind("domain name or empty", setting.domain)] = Field(
        default="",
        description="What your mail server calls itself in Authentication-Results (RFC 8601), which"
        " it must take out of mail that others wrote it into. Believed of mail that came through"
        " it: by IMAP, a pipe, or LMTP on this machine. Empty: nobody is believed, and readers"
        " who want to leave without a link are asked first.",
    )
    authentication_place: Annotated[Literal["above", "below"], choice("above", "below")] = Field(
        default="above",
        description="Where it writes that: above the Received field by which it took the mail, or"
        " below, as OpenDKIM and OpenDMARC do with Postfix.",
    )
    authentication_hosts: Annotated[
        tuple[str, ...], Kind("list of addresses or networks", setting.items(setting.network))
    ] = Field(
        default=(),
        description="Where that server hands mail over from, if by LMTP from another machine, or by"
        " SMTP. What comes straight from elsewhere is never believed.",
    )
    complaint_reporters: Annotated[
        tuple[Reporter, ...], Kind("list of reporters in words, or table", reporters)
    ] = Field(
        default=(),
        description="Reporters believed when their complaint bears no secret of ours, and the"
        " mailboxes they are believed about, such as reports.example.net for example.net example.*",
    )
    suspend_after_hard: Annotated[int, number(1, 100)] = Field(
        default=1,
        description="Hard bounces, on as many days, after which a reader gets no more mail.",
    )
    suspend_after_soft: Annotated[int, number(1, 100)] = Field(
        default=5,
        description="Soft ones, at most one a day; the reader is told how to come back.",
    )
    bounce_stale_days: Annotated[int, number(1, 365)] = Field(
        default=30, description="After so many days a bounce counts no more."
    )
