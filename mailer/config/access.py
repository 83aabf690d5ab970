"""Settings about the people and programs of the institution; the rest is in `settings`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mailer.config.bounds import Bounds
from mailer.config.kinds import number


class Access(Bounds):
    """Settings of access and of the audit log."""

    audit_days: Annotated[int, number(0, 36_500)] = Field(
        default=3650,
        description="How many days the audit log of what users and the operator did is kept."
        " 0: for ever.",
    )
