"""Sessions: begun by a sign-in, good for a while, listed and ended by their user."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from mailer.clock import Clock
from mailer.config import Settings
from mailer.domain.access.actor import Actor
from mailer.domain.access.audit import Phase
from mailer.domain.access.mails import Topic, by_default, offered
from mailer.domain.access.signing_in import browser
from mailer.domain.access.signing_in.challenge import Way
from mailer.domain.access.signing_in.session import NOTED_EVERY, Session, new_id
from mailer.domain.access.user import User
from mailer.errors import NotFoundError
from mailer.services.access import users
from mailer.services.access.acting import Recorder, act, tell
from mailer.services.access.signing_in.visitor import Visitor
from mailer.store.access import attempts, sessions
from mailer.store.access import users as stored
from mailer.store.server.connection import Store


@dataclass(frozen=True, slots=True)
class Signed:
    """A user in a session of theirs."""

    user: User
    session: Session
    actor: Actor


class Begun(NamedTuple):
    """A session with its secret, for the browser's cookie alone."""

    signed: Signed
    secret: str


class Sessions:
    """Begins sessions, finds them by their secrets, and ends them."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._clock = store, clock
        self.recorder = Recorder(store, settings, clock)

    def begin(
        self,
        number: int,
        way: Way,
        visitor: Visitor,
        before: Signed | None = None,
        *,
        proved_at: datetime | None = None,
    ) -> Begun:
        """Begin a session after a proof of somebody's person.

        The secret is always drawn anew, so that nobody can have put it there (session fixation),
        and the session that the browser had is over. If that was the same user's, it goes on under
        the new secret: they have proved their person again.

        Args:
            number: of the user.
            way: how they proved it.
            visitor: the browser.
            before: the session that it had.
            proved_at: when they proved it, where that was elsewhere; none: just now.

        Raises:
            NotFoundError: there is no such user.
            StateError: they are disabled.
        """
        now, secret = self._clock.now(), browser.draw()
        user, proved = users.signed_in(self._store, now, number, way.value), proved_at or now
        digest = browser.digest_of(secret)
        if before and before.user.number == number:
            session = before.session.proven(digest, now, way, user.epoch, proved)
            again = sessions.replace(self._store, before.session.digest, session, now)
        else:
            again = False
            if before:
                sessions.end(self._store, before.session)
        if not again:
            session = Session(
                digest,
                new_id(),
                number,
                user.epoch,
                begun=now,
                seen=now,
                proved_at=proved,
                way=way,
                network=visitor.network,
                browser=visitor.name,
            )
            sessions.begin(self._store, session, now)
        attempts.know(self._store, visitor.browser, number)
        actor = user.actor("console", visitor.client, proved=session.proved(now))
        facts = {"way": way.value, "session": session.id, "again": again}
        self.recorder.write(actor, "sessions.begin", Phase.DONE, facts=facts)
        return Begun(Signed(user, session, actor), secret)

    def of(self, secret: str, visitor: Visitor) -> Signed | None:
        """Return who has a session; None: nobody, or it is over."""
        if not browser.is_secret(secret):
            return None
        session = sessions.get(self._store, browser.digest_of(secret))
        user = stored.get(self._store, session.user) if session else None
        now = self._clock.now()
        if session is None or user is None or not session.stands(user, now):
            return None
        if now - session.seen >= NOTED_EVERY:
            session = replace(session, seen=now, network=visitor.network)
            sessions.note(self._store, session, now)
        actor = user.actor("console", visitor.client, proved=session.proved(now))
        return Signed(user, session, actor)

    @act("sessions.end")
    def sign_out(self, signed: Signed) -> None:
        """End the session."""
        sessions.end(self._store, signed.session)
        tell(session=signed.session.id)

    @act("account.show")
    def listed(self, signed: Signed) -> list[Session]:
        """Return the sessions of the same user that are good, the newest first."""
        now = self._clock.now()
        found = sessions.all_of(self._store, signed.user.number)
        return [one for one in found if one.stands(signed.user, now)]

    @act("sessions.revoke")
    def revoke(self, signed: Signed, name: str) -> None:
        """End another session of the same user at once.

        Raises:
            NotFoundError: they have none of that id.
        """
        found = sessions.all_of(self._store, signed.user.number)
        session = next((one for one in found if one.id == name), None)
        if session is None:
            raise NotFoundError("session", name)
        sessions.end(self._store, session)
        tell(session=name)

    @act("sessions.end")
    def end_all(self, signed: Signed) -> None:
        """End all sessions of the same user, this one too."""
        users.end_sessions(self._store, self._clock.now(), signed.user.number)
        tell(session="all")

    def end_others(self, signed: Signed) -> Begun:
        """End all sessions of the same user but this one, which gets a new secret.

        For when a factor of theirs changed: who had got in by the old ones is out.
        """
        now: datetime = self._clock.now()
        user = users.end_sessions(self._store, now, signed.user.number)
        secret = browser.draw()
        digest = browser.digest_of(secret)
        session = replace(signed.session, digest=digest, epoch=user.epoch)
        if not sessions.replace(self._store, signed.session.digest, session, now):
            raise NotFoundError("session", signed.session.id)
        return Begun(Signed(user, session, signed.actor), secret)

    @act("account.language")
    def speak(self, signed: Signed, language: str) -> User:
        """Change the language of the console and of mails to the user."""
        return users.speak(self._store, self._clock.now(), signed.user.number, language)

    @act("account.mails")
    def choose_mails(self, signed: Signed, wanted: Iterable[Topic]) -> User:
        """Choose which mails about the service's work the user gets; others than offered count not.

        What their present role is not offered stays as it was chosen, for when they are offered it.
        """
        user = signed.user
        kept = user.mails if user.mails is not None else by_default(user.role)
        chosen = frozenset(wanted) & set(offered(user.role)) | kept - set(offered(user.role))
        return users.choose_mails(self._store, self._clock.now(), user.number, chosen)
