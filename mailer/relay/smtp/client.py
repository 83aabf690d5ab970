"""One connection to a relay: hands over message after message, one round trip each.

Where the relay offers PIPELINING (RFC 2920), the body of one message and the MAIL, RCPT and DATA of
the next leave in one write; elsewhere each command waits for its reply. Replies are matched
strictly in order. Whatever does not fit ends the connection, and what was in flight is settled:

- its final dot has left, or may have: `unknown`;
- refused at MAIL, or for this session's sake: handed back, to go by another connection at once,
  unless this one is fresh;
- anything earlier: `deferred`, or handed back where the relay ended a connection that had worked.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Protocol

from mailer.domain.bounces.refusal import Stage
from mailer.domain.campaigns.delivery import Attempt, deferred, unknown
from mailer.relay.breaker import told
from mailer.relay.envelope import Envelope
from mailer.relay.limits import Limits
from mailer.relay.smtp.loss import Loss
from mailer.relay.smtp.offer import Offer
from mailer.relay.smtp.replies import Reply
from mailer.relay.smtp.steps import STAGES, Step, ends_session
from mailer.relay.smtp.wire import Wire


class Owner(Protocol):
    """The owner of the sessions: the pool."""

    def take(self, session: Session, *, rolling: bool) -> Envelope | None:
        """Return the next envelope to hand over, if there is one.

        `rolling` tells that the session asks again at once, having had one just before: a sign
        that more connections would be of use.
        """

    def settle(self, envelope: Envelope, attempt: Attempt) -> None:
        """Note the outcome of an envelope: once for each that is not given back."""

    def give_back(self, envelope: Envelope) -> None:
        """Receive back an envelope of which no body left, to be handed over elsewhere at once."""

    def ended(self, session: Session, loss: Loss, reason: str) -> None:
        """Learn that a session is over; all it had in flight is settled. Called once."""


class Session(Wire):
    """Hands envelopes to one relay over one open connection, for as long as both sides like."""

    def __init__(
        self,
        transport: asyncio.Transport,
        owner: Owner,
        *,
        offer: Offer,
        limits: Limits,
        messages: int | None = None,
    ) -> None:
        """Continue a connection after greeting, TLS, AUTH and EHLO.

        Args:
            transport: the open connection; this becomes its protocol.
            owner: gives envelopes and takes outcomes.
            offer: the relay's extensions.
            limits: time-outs.
            messages: after that many the connection ends; none: the relay decides.
        """
        self.served = 0
        """Messages that the relay answered on this connection."""
        self.retiring = False
        """True: to be ended at the next delivery's edge."""
        self.late = False
        """Its answer takes longer than is usual; whoever owns it says so."""
        self._owner = owner
        self._offer = offer
        self._pipelining = offer.pipelining
        self._unsent: list[bytes] = []
        """Commands of the current envelope that wait for a reply (lock-step), last one first."""
        self._current: Envelope | None = None
        """Its MAIL was written, its body was not."""
        self._refused: Attempt | None = None
        """The refusal of the current transaction, at MAIL or RCPT, before its end."""
        self._left = messages
        """The number of messages that may begin."""
        self._answered = False
        """The relay took or refused a message for its own sake: it is no fresh connection."""
        self._farewell = (Loss.OURS, "no longer needed")
        """The reason for its end, when it ends by a QUIT."""
        self._ending: Envelope | None = None
        """Its final dot was written."""
        self._answer: Attempt | None = None
        """The relay's reply to that dot, kept until the next replies fit too."""
        self._dirty = False
        """A transaction is open in the relay that came to nothing: RSET first."""
        super().__init__(transport, limits)

    @property
    def envelopes(self) -> int:
        """Count the envelopes that are in flight here."""
        return (self._current is not None) + (self._ending is not None)

    def wake(self) -> None:
        """Look for an envelope, if idle; the owner calls this when there may be one."""
        if self._step is not Step.IDLE:
            return
        if self._transport.is_closing():
            self._end(Loss.CLOSED, "the relay closed the connection")
        elif self.retiring:
            self.quit()
        else:
            self._begin(rolling=False)

    def retire(self) -> None:
        """End the connection politely, now if idle, else after what is in flight."""
        self.retiring = True
        if self._step is Step.IDLE:
            self.quit()

    def quit(self) -> None:
        """Send QUIT and wait for the relay to answer or to close; only when idle."""
        self._expect(Step.QUIT, self._limits.quit)
        self._transport.write(b"QUIT\r\n")
        self._report(*self._farewell)

    def abort(self, reason: str) -> None:
        """Cut the connection; what is in flight is settled by the laws."""
        self._end(Loss.OURS, reason)

    # Replies, in the order in which they come.

    def _hear(self, reply: Reply) -> None:
        code, step = reply.code, self._step
        if code == 250 and step is Step.MAIL and self._refused is None:
            self._next_command(Step.RCPT)
        elif code == 250 and step is Step.RCPT and self._refused is None:
            self._next_command(Step.DATA)
        elif code == 354 and step is Step.DATA:
            self._hear_data(reply)
        elif code == 250 and step is Step.DOT:
            self._hear_dot(reply)
        else:
            self._hear_trouble(reply)

    def _hear_trouble(self, reply: Reply) -> None:
        """Handle a reply that does not occur for a message when all is well."""
        code, step = reply.code, self._step
        if step is Step.QUIT:
            self._end(Loss.OURS, "no longer needed")
        elif code == 421:
            # RFC 5321 section 3.8: may come at any time, and the relay closes after it.
            self._end(Loss.CLOSED, _words(reply), reply)
        elif code in {503, 530} and step in {Step.RSET, Step.MAIL, Step.RCPT, Step.DATA}:
            self._hear_disorder(reply)
        elif step is Step.DOT and not 300 <= code < 400:
            self._hear_dot(reply)
        elif step is Step.DATA and code >= 400:
            self._hear_data(reply)
        elif step is Step.MAIL and not 300 <= code < 400:
            self._hear_address(reply, Step.RCPT)
        elif step is Step.RCPT and not 300 <= code < 400:
            self._hear_address(reply, Step.DATA)
        elif step is Step.RSET and code == 250:
            self._next_command(Step.MAIL)
        else:
            # Which reply was for which command is no longer sure: not even for the last dot.
            self._answer = None
            self._end(Loss.SURPRISE, f"the relay said {_words(reply)} out of place")

    def _hear_disorder(self, reply: Reply) -> None:
        if reply.code == 503 and self._refused is not None:
            # RCPT and DATA of a transaction whose MAIL or RCPT was refused: expected.
            if self._step is Step.RCPT:
                self._next_command(Step.DATA)
            else:
                self._hear_data(reply)
        else:
            # About the connection, not the delivery: no login or no TLS yet (530, RFC 4954
            # section 6), or out of step (503, RFC 5321 section 4.2.4), then in doubt from where.
            if reply.code == 503:
                self._answer = None
            self._end(Loss.REFUSED, f"the relay said {_words(reply)}", reply)

    def _hear_dot(self, reply: Reply) -> None:
        self.served += 1
        if self._ending is not None:
            self._answer = reply.attempt(Stage.DOT)
        if self._current is not None:
            self._expect(Step.MAIL, self._limits.command)
        else:
            self._confirm()
            self._begin()

    def _hear_address(self, reply: Reply, following: Step) -> None:
        if reply.code >= 400 and self._refused is None and self._current is not None:
            # Settled after the replies to what is in flight, so that outcomes are in their order.
            self._refused = reply.attempt(STAGES[self._step])
            if not self._pipelining:
                self._dirty = True
                self._settle_refused()
                self._begin()
                return
        elif reply.code < 300 and self._is_unwanted:
            self._end(Loss.SURPRISE, "the relay took a recipient without a sender")
            return
        self._next_command(following)

    @property
    def _is_unwanted(self) -> bool:
        """Tell whether the current transaction was refused at MAIL."""
        return self._refused is not None and self._refused.stage is Stage.MAIL

    def _hear_data(self, reply: Reply) -> None:
        self._confirm()
        if reply.code == 354 and self._is_unwanted:
            self._end(Loss.SURPRISE, "the relay wants the body of a message that it refused")
        elif reply.code != 354:
            self._refused = self._refused or reply.attempt(Stage.DATA)
            self._settle_refused()
            self._dirty = True
            self._begin()
        elif self._refused is not None:
            # RFC 2920 section 3.1: where no recipient was accepted, a lone dot ends the data.
            self._settle_refused()
            self._send_body(None)
        else:
            current, self._current = self._current, None
            self._send_body(current)

    def _confirm(self) -> None:
        ending, answer = self._ending, self._answer
        self._ending = self._answer = None
        if ending is not None and answer is not None:
            self._pass_on(ending, answer)

    def _settle_refused(self) -> None:
        current, self._current = self._current, None
        refused, self._refused = self._refused, None
        if current is not None and refused is not None:
            self._pass_on(current, refused)

    def _pass_on(self, envelope: Envelope, attempt: Attempt) -> None:
        """Tell the owner of an outcome; what only this connection was refused goes by another.

        A fresh connection is no better off: that refusal is about us, and ours to wait for.
        """
        spent = ends_session(attempt)
        answered, self._answered = self._answered, self._answered or attempt.stage is not Stage.MAIL
        self.retiring = self.retiring or spent
        if spent and answered:
            self._owner.give_back(envelope)
        else:
            if attempt.stage is Stage.MAIL and self._step is not Step.ENDED:
                self._farewell = (Loss.REFUSED, f"the relay said {told(attempt)} to MAIL")
            self._owner.settle(envelope, attempt)

    def _timed_out(self) -> None:
        if self._step is Step.IDLE:
            self.quit()
        elif self._step is Step.QUIT:
            self._end(Loss.OURS, "no longer needed")
        else:
            self._end(Loss.STALLED, f"the relay did not answer {self._step.name} in time")

    # What we say.

    def _begin(self, *, rolling: bool = True) -> None:
        self._expect(Step.IDLE, self._limits.idle)
        commands = self._next_envelope(rolling=rolling)
        if commands:
            self._transport.write(self._opening(commands))
            self._expect(Step.RSET if self._dirty else Step.MAIL, self._limits.command)
        elif self.retiring and self._step is Step.IDLE:
            self.quit()

    def _send_body(self, envelope: Envelope | None) -> None:
        self._ending = envelope
        commands = self._next_envelope(rolling=True) if self._pipelining else b""
        content = envelope.content if envelope is not None else b""
        tail = b".\r\n" + commands
        parts = (content, tail) if isinstance(content, bytes) else (*content, tail)
        self._expect(Step.DOT, self._limits.final)
        self._transport.write(b"".join(parts))

    def _next_envelope(self, *, rolling: bool) -> bytes:
        """Make an envelope the current one; return its commands, or nothing."""
        while not self.retiring and not self._transport.is_closing():
            if self._left == 0:
                self.retiring = True
                break
            envelope = self._owner.take(self, rolling=rolling)
            if envelope is None:
                return b""
            commands = self._offer.announce(envelope, reset=self._dirty)
            if isinstance(commands, bytes):
                self._current = envelope
                self._left = self._left and self._left - 1
                return commands
            self._owner.settle(envelope, commands)
        return b""

    def _opening(self, commands: bytes) -> bytes:
        if self._pipelining:
            return commands
        self._unsent = commands.splitlines(keepends=True)[::-1]
        return self._unsent.pop()

    def _next_command(self, step: Step) -> None:
        if step is Step.MAIL:
            self._dirty = False
        if self._unsent:
            self._expect(step, self._limits.command)
            self._transport.write(self._unsent.pop())
        else:
            self._step = step

    # The end.

    def _end(self, loss: Loss, reason: str, reply: Reply | None = None) -> None:
        """End the session once: settle what is in flight, cut the connection, tell the owner.

        Args:
            loss: why.
            reason: the same for people; becomes the reason of what is settled here.
            reply: what the relay said to the command that it answered last.
        """
        step, self._step = self._step, Step.ENDED
        if step is Step.ENDED:
            return
        if step is Step.IDLE and loss is Loss.CLOSED:
            loss = Loss.UNUSED
        self._timer.cancel()
        self._transport.abort()
        self._settle_ending(reason, reply if step is Step.DOT else None)
        self._settle_current(
            loss,
            reason,
            reply if step is not Step.DOT else None,
            STAGES.get(step, Stage.UNKNOWN),
        )
        if step is not Step.QUIT:
            self._report(loss, reason)

    def _settle_ending(self, reason: str, reply: Reply | None) -> None:
        ending, answer = self._ending, self._answer
        self._ending = self._answer = None
        if ending is None:
            return
        if answer is None and reply is not None:
            answer = reply.attempt(Stage.DOT)
        if answer is None:
            answer = deferred(0, "", reason) if self._paused else unknown(reason)
        self._owner.settle(ending, answer)

    def _settle_current(self, loss: Loss, reason: str, reply: Reply | None, stage: Stage) -> None:
        if self._refused is not None:
            self._settle_refused()
        current, self._current = self._current, None
        if current is None:
            return
        if loss is Loss.CLOSED and self.served:
            self._owner.give_back(current)
        elif loss is Loss.CLOSED and reply is not None:
            self._pass_on(current, reply.attempt(stage))
        elif reply is not None:
            # Whatever it answers, it is about the login, or about who is at which command.
            attempt = deferred(reply.code, reply.enhanced(), reason)
            self._owner.settle(current, replace(attempt, stage=Stage.LOGIN))
        else:
            self._owner.settle(current, deferred(0, "", reason))

    def _report(self, loss: Loss, reason: str) -> None:
        self._owner.ended(self, loss, reason)


def _words(reply: Reply) -> str:
    return " ".join(part for part in (str(reply.code), reply.enhanced(), reply.text()) if part)
