"""The steps of a session: what it waits for, at which stage, and what an answer means."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from mailer.domain.bounces.judge import weigh
from mailer.domain.bounces.refusal import About, Stage
from mailer.domain.campaigns.delivery import Attempt, Outcome


class Step(Enum):
    """The reply that a session waits for."""

    IDLE = auto()
    RSET = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    DOT = auto()
    QUIT = auto()
    ENDED = auto()


STAGES: Final = {
    Step.RSET: Stage.MAIL,
    Step.MAIL: Stage.MAIL,
    Step.RCPT: Stage.RCPT,
    Step.DATA: Stage.DATA,
    Step.DOT: Stage.DOT,
}
"""The command that a refusal at that step answers."""


def ends_session(attempt: Attempt) -> bool:
    """Tell whether another connection may be better off with a message: this one is at its end.

    Before RCPT no recipient is concerned, and "too many messages in this session" is none's fault.
    """
    if attempt.outcome not in {Outcome.REJECTED, Outcome.DEFERRED} or not attempt.code:
        return False
    code, enhanced, text = attempt.code, attempt.enhanced, attempt.text
    about = weigh(text, enhanced, code, attempt.stage, own=True).about
    return attempt.stage is Stage.MAIL or about is About.CONNECTION
