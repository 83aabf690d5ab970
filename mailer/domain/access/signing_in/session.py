"""A session: what a browser has after a sign-in, and the times within which it is good."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from mailer.domain.access.signing_in.challenge import Way
from mailer.domain.access.user import Standing, User

IDLE: Final = timedelta(hours=12)
"""A session that nobody used for so long is over."""
LONGEST: Final = timedelta(days=7)
"""However much it is used."""
PROOF: Final = timedelta(minutes=10)
"""The time after a proof of one's person for which no new one is asked for."""
NOTED_EVERY: Final = timedelta(minutes=1)
"""The precision of the last use."""
_ID_OCTETS: Final = 8


@dataclass(frozen=True, slots=True)
class Session:
    """One session, as stored: by the digest of its secret, which only the browser has."""

    digest: str
    id: str
    """Names it in lists; stays when the secret is drawn anew, and is none itself."""
    user: int
    epoch: int
    """Of the user when it began: it ends when theirs is another (see `User.epoch`)."""
    begun: datetime
    seen: datetime
    """About when it was used last."""
    proved_at: datetime
    way: Way
    """The last proof."""
    network: str
    """Where it was used last, roughly; for its user to know it by."""
    browser: str
    """Likewise: `Firefox, Windows`."""

    def is_over(self, now: datetime) -> bool:
        """Tell whether its time is over."""
        return now - self.seen >= IDLE or now - self.begun >= LONGEST

    def stands(self, user: User, now: datetime) -> bool:
        """Tell whether it is good for its user as they are now."""
        return (
            user.number == self.user
            and user.epoch == self.epoch
            and user.standing is not Standing.DISABLED
            and not self.is_over(now)
        )

    def proved(self, now: datetime) -> bool:
        """Tell whether the last proof is recent enough for acts that ask for one."""
        return timedelta() <= now - self.proved_at < PROOF

    def lasts(self, now: datetime) -> timedelta:
        """Return how long it may be kept if it is not used again."""
        return max(timedelta(seconds=1), min(IDLE, self.begun + LONGEST - now))

    def proven(
        self, digest: str, now: datetime, way: Way, epoch: int, proved_at: datetime
    ) -> Session:
        """Return it after another proof, with a new secret: the old one is worth nothing now."""
        at = max(proved_at, self.proved_at)
        return replace(self, digest=digest, proved_at=at, seen=now, way=way, epoch=epoch)


def new_id() -> str:
    """Draw what names a session in lists."""
    return secrets.token_hex(_ID_OCTETS)
