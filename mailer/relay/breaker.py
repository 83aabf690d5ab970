"""Tells a relay that refuses us from mail that is refused one by one.

A relay that will not relay for us, or has suspended our account, answers 5xx to every message.
Taken at its word, it would turn a whole list into rejected deliveries within seconds. So a refusal
is held back until mail that left after it is accepted: then it stands, unless it is about us. The
same said to many recipients in a row is about us, whatever the words (law 14): the breaker opens,
what was held back goes again, and one message at a time tries whether the relay takes mail.

What one message is refused for is judged by `domain.bounces.judge.weigh`; here runs of answers are.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final, NamedTuple, TypeVar

from mailer.domain.bounces.judge import Judgement, weigh
from mailer.domain.bounces.refusal import About, Stage, alike
from mailer.domain.campaigns.delivery import Attempt, Outcome, put_back, put_off
from mailer.domain.inbound.kinds import Reason, Severity
from mailer.relay.envelope import Envelope

MOST_REFUSALS: Final = 10
"""So many recipients refused in the same way, with nothing accepted between, open the breaker,
unless the setting `refusals_in_a_row` says otherwise."""
FEW_REFUSALS: Final = 3
"""So few open it in words that speak plainly of us; in any that do not speak plainly of the reader,
where nothing more is to be answered."""
_MOST_HELD: Final = 10
"""Times as many are held back at most, then the words decide."""
_REMEMBERED: Final = 10_000
"""Recipients who were put back, and answers that were ours: the latest so many are known."""

_ADDRESS: Final = re.compile(r"\S+@\S+")
_OURS_ALONE: Final = "5.3.4"
"""The message is larger than the relay takes: so we say ourselves, before it is offered."""
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

Settled = list[tuple[Envelope, Attempt]]


class _Held(NamedTuple):
    """A refusal whose meaning is not clear yet."""

    envelope: Envelope
    attempt: Attempt
    judgement: Judgement
    key: str
    """The refusal's key: what it has in common with the same said to another recipient."""
    heard: int
    """The number of the refusal among those of its relay."""

    @property
    def recipient(self) -> str | bytes:
        return self.envelope.recipient

    @property
    def is_permanent(self) -> bool:
        """Tell whether it ends the delivery, if it is taken at its word."""
        return self.attempt.code >= 500 or self.attempt.outcome is Outcome.REJECTED

    @property
    def is_early(self) -> bool:
        """Tell whether no recipient was named when it was said."""
        return self.attempt.stage.names_nobody

    @property
    def is_ours(self) -> bool:
        """Tell whether the words, the code or the stage speak of us."""
        return self.judgement.about is not About.RECIPIENT

    @property
    def is_surely_ours(self) -> bool:
        return self.is_ours and self.judgement.sure

    @property
    def is_plainly_theirs(self) -> bool:
        """Tell whether the words speak of the reader."""
        _, severity, reason, _ = self.judgement
        known = severity is not Severity.UNDETERMINED or reason is Reason.FILTERED
        return not self.is_ours and known

    @property
    def could_be_ours(self) -> bool:
        """Tell whether the words may speak of our account, or come after RCPT was accepted."""
        later = self.attempt.stage in {Stage.DATA, Stage.DOT}
        return self.judgement.reason is Reason.SUSPENDED or later


class Breaker:
    """Judges one relay by its answers; open, nothing but a probe may be handed to it."""

    def __init__(self, most: int = MOST_REFUSALS) -> None:
        """Start closed.

        Args:
            most: so many equal answers in a row are about us.
        """
        self.open = False
        self.reason = ""
        """The reason why it is open, in words for people, without any address."""
        self._most = most
        self._held: list[_Held] = []
        self._heard = self._opened = 0
        """Refusals by now, and when it opened last."""
        self._accepted = 0
        self._run: dict[str, set[str | bytes]] = {}
        """The recipients refused since the last accepted message, by the reply's text."""
        self._vague: set[str | bytes] = set()
        """Likewise, those of whom no words say plainly that they are the reason."""
        self._plain: set[str | bytes] = set()
        """Those among them who were refused for good in words that speak plainly of us."""
        self._back: dict[str | bytes, int] = {}
        """The deliveries that were put back, and the count of messages accepted by then."""
        self._ours: dict[str, None] = {}
        """The texts of the replies at which it opened."""

    @property
    def held(self) -> int:
        """Return the number of outcomes that are held back."""
        return len(self._held)

    def hand(self, envelope: Envelope) -> None:
        """Note that an envelope is handed over now: whatever it proves, it proves from now on."""
        envelope.mark = self._heard

    def accept(self, envelope: Envelope) -> Settled:
        """Learn that a message was accepted; returns what is clear now, and how it ends.

        It proves nothing of refusals that were heard while it was on its way already: a relay may
        refuse all that is new, and still take what it had agreed to.
        """
        if self.open and envelope.mark < self._opened:
            return []
        self.open = False
        self._accepted += 1
        if not self._heard:
            return []
        self._run.clear()
        self._vague.clear()
        self._plain.clear()
        if not self._held:
            return []
        clear = [one for one in self._held if one.heard <= envelope.mark]
        self._held = [one for one in self._held if one.heard > envelope.mark]
        return [(one.envelope, self._standing(one)) for one in clear]

    def hear(self, envelope: Envelope, attempt: Attempt) -> Settled:
        """Hear an outcome other than accepted; return what can be settled now, and how."""
        refused = attempt.outcome in {Outcome.REJECTED, Outcome.DEFERRED}
        if not refused or not (attempt.code or attempt.enhanced == _OURS_ALONE):
            return [(envelope, attempt)]  # our own words, say of a lost connection
        self._heard += 1
        one = self._judge(envelope, attempt)
        if self._is_known(one):
            return [(envelope, attempt)]
        self._count(one)
        self._held.append(one)
        if self.open:
            return self._take_back()
        many = max(len(self._run[one.key]), len(self._vague)) >= self._most
        if many or len(self._plain) >= FEW_REFUSALS:
            return self._break(one)
        if one.is_early:  # it never stands: there is nothing to wait for
            return [(envelope, self._put(self._held.pop()))]
        return self.let_go() if len(self._held) >= _MOST_HELD * self._most else []

    def let_go(self, *, stopping: bool = False) -> Settled:
        """Settle what is held back, since no further answer will come to judge it by.

        Args:
            stopping: there would be more, but we stop: then nothing is taken at its word.
        """
        if stopping:
            held, self._held = self._held, []
            return [
                (one.envelope, put_back(one.attempt) if one.is_permanent else one.attempt)
                for one in held
            ]
        doubtful = [one for one in self._held if one.is_permanent and self._is_doubtful(one)]
        sure = [one for one in doubtful if one.is_surely_ours]
        if sure or len({one.recipient for one in doubtful}) >= FEW_REFUSALS:
            return self._break((sure or doubtful)[-1])
        held, self._held = self._held, []
        return [(one.envelope, one.attempt) for one in held]

    def _judge(self, envelope: Envelope, attempt: Attempt) -> _Held:
        recipient = envelope.recipient
        if isinstance(recipient, bytes):
            recipient = recipient.decode(errors="replace")
        code, enhanced, text = attempt.code, attempt.enhanced, attempt.text
        judgement = weigh(text, enhanced, code, attempt.stage, own=True)
        key = alike(code, enhanced, text, recipient)
        return _Held(envelope, attempt, judgement, key, self._heard)

    def _count(self, one: _Held) -> None:
        self._run.setdefault(one.key, set()).add(one.recipient)
        if not one.is_plainly_theirs:
            self._vague.add(one.recipient)
        if one.is_surely_ours and (one.is_permanent or one.is_early):
            self._plain.add(one.recipient)

    def _is_known(self, one: _Held) -> bool:
        """Tell whether it is clear at once that a refusal is the reader's.

        Of one who was refused together with others, and is refused again: now that the relay has
        accepted others, or in words that were not those of that time.
        """
        known = self._back.get(one.recipient)
        if known is None or not one.is_plainly_theirs:
            return False
        return self._accepted > known or one.key not in self._ours

    def _is_doubtful(self, one: _Held) -> bool:
        """Tell whether a refusal that was the last word may be ours, if others got the same."""
        many = len(self._run.get(one.key, ())) >= FEW_REFUSALS
        return not one.is_plainly_theirs or (many and one.could_be_ours)

    def _standing(self, one: _Held) -> Attempt:
        """Decide how a refusal ends after which others were accepted."""
        if one.is_surely_ours and one.is_permanent:
            return self._put(one)
        if one.key in self._ours and (one.recipient not in self._back or not one.is_plainly_theirs):
            return self._put(one)
        return one.attempt

    def _break(self, last: _Held) -> Settled:
        """Open, and put back what was refused: it is no reader's fault."""
        self.open, self._opened = True, self._heard
        self.reason = f"refuses all mail: {told(last.attempt)}"
        many = (key for key, who in self._run.items() if len(who) >= FEW_REFUSALS)
        vague = (one.key for one in self._held if not one.is_plainly_theirs)
        _remember(self._ours, dict.fromkeys((*many, *vague, last.key)))
        return self._take_back()

    def _take_back(self) -> Settled:
        held, self._held = self._held, []
        return [(one.envelope, self._put(one)) for one in held]

    def _put(self, one: _Held) -> Attempt:
        """Have a delivery go again: as if never tried, for the first time, or where it is ours.

        After that each try counts, so that a refusal that was the reader's ends it some day.
        """
        first = one.recipient not in self._back
        wide = len(self._vague) >= FEW_REFUSALS
        _remember(self._back, {one.recipient: self._accepted})
        lasting = wide and one.is_surely_ours
        return put_back(one.attempt) if first or lasting else put_off(one.attempt)


def told(attempt: Attempt) -> str:
    """Write a refusal for people, without any address."""
    words = " ".join(filter(None, (str(attempt.code or ""), attempt.enhanced, attempt.text)))
    return _ADDRESS.sub("…", words)


def _remember(known: dict[_Key, _Value], more: dict[_Key, _Value]) -> None:
    """Add to what is known, at its end; the oldest is forgotten."""
    for key in more:
        known.pop(key, None)
    known |= more
    for key in list(islice(known, max(0, len(known) - _REMEMBERED))):
        del known[key]
