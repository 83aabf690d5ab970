"""Settings about the people and programs of the institution; the rest is in `settings`."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field
from pydantic_settings import BaseSettings

from mailer.config.kinds import Kind, number, switch
from mailer.domain.access import approval
from mailer.domain.settings import setting
from mailer.domain.settings.openid import OpenId, read_openid

KINDS: Final = tuple(kind.value for kind in approval.Kind)


class Access(BaseSettings):
    """Settings of access and of the audit log."""

    approval_for: Annotated[
        tuple[str, ...],
        Kind("list of bulletin, notice, reminder", setting.items(setting.choice(*KINDS))),
    ] = Field(
        default=(),
        description="What a second person must approve before it is sent: bulletin, notice of a"
        " changed meeting, reminder. Empty: nothing.",
    )
    approval_over: Annotated[int, number(0, 10**9)] = Field(
        default=0,
        description="Any sending to more readers than this needs a second person's approval."
        " 0: however many.",
    )
    approve_by_mail: Annotated[bool, switch()] = Field(
        default=False,
        description="Whether users may approve by replying to the mail that asks them, with the"
        " code in it. Needs authentication_server: a reply counts only if the user's domain"
        " vouches for it.",
    )
    openid: Annotated[OpenId | None, Kind("table or empty", read_openid)] = Field(
        default=None,
        description="A provider of identities (OpenID Connect) by which users may sign in, such as"
        ' { issuer = "https://login.example.org", client_id = "mailer",'
        ' client_secret_file = "keys/openid.secret" }. Empty: none.',
    )
    audit_days: Annotated[int, number(0, 36_500)] = Field(
        default=3650,
        description="How many days the audit log of what users and the operator did is kept."
        " 0: for ever.",
    )
    mail_per_address: Annotated[int, number(0, 1_000_000)] = Field(
        default=20,
        description="Transactional mails to one address in 24 hours. 0: no limit.",
    )
    mail_per_token: Annotated[int, number(0, 10_000_000)] = Field(
        default=1000,
        description="Transactional mails that one API token, or one user, may have sent in an hour."
        " 0: no limit.",
    )
