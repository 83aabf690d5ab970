"""Links to sign in: asked for on a page, mailed by a job, opened in the browser that asked.

    page -> `ask`: limits, the wish and its job in one transaction -> "look into your mailbox"
    job -> `work_off`: is it a user? -> the challenge and the mail in one transaction
    link -> `look`, a page with a button -> `open`: the same browser? -> a session

The page knows nothing of who is a user: nothing that it says or does depends on it, nor how long it
takes. No stranger can keep a user out: their asking uses up nothing of a browser in which that user
has signed in before, and each mail that they cause holds a link that gets its reader a new one, in
the reader's own browser, without any limit (`send_again`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from enum import Enum
from typing import Final, NamedTuple

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.access.signing_in.challenge import Challenge, Purpose, draw_number
from mailer.domain.access.signing_in.destination import own
from mailer.domain.access.token import Purpose as Token
from mailer.domain.access.token import Signer
from mailer.domain.access.user import Standing, User
from mailer.domain.events import Event
from mailer.domain.subscribers.address import AddressError, parse_address
from mailer.domain.subscribers.subscribing import Mail
from mailer.errors import InputError, NotFoundError, StateError
from mailer.services.access import once, users
from mailer.services.access.acting import act, tell
from mailer.services.access.signing_in.visitor import Limits, Visitor
from mailer.services.service_mail.writing import facts_of
from mailer.store import events
from mailer.store.access import attempts, challenges
from mailer.store.access import users as stored
from mailer.store.access.challenges import Ask
from mailer.store.server.connection import Store
from mailer.store.subscribers.requests import Letter, Step

FROM_NETWORK: Final = 60
"""Wishes an hour from one network."""
IN_ALL: Final = 1000
"""Wishes an hour in all."""
FROM_BROWSER: Final = 20
"""Wishes an hour from a browser in which somebody has signed in; nothing else holds those back."""
MAILS_FROM_NETWORK: Final = 5
"""Mails an hour to one user that browsers of one network ask for."""
MAILS: Final = 20
"""Mails an hour to one user that unknown browsers ask for."""
MAILS_FROM_KNOWN: Final = 10
"""Mails an hour to one user that a browser of theirs asks for."""
LOT: Final = 200


class State(Enum):
    """What a link is worth in a browser."""

    GOOD = "good"
    ELSEWHERE = "elsewhere"
    """It was asked for in another browser, or by nobody: it can be exchanged for a new one."""
    OVER = "over"
    """It was used, its time is over, or its user may not sign in any more."""


class Found(NamedTuple):
    """A link, as it stands."""

    state: State
    user: User | None = None
    invites: bool = False
    """Whether it is an invitation."""


class Opened(NamedTuple):
    """A link that was good for a sign-in, and is used up now."""

    user: User
    next: str


class Links:
    """Mails links, and knows them again."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Set up.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._store, self._settings, self._clock = store, settings, clock
        secret = secret_key(settings)
        self._signer, self._limits = Signer(secret), Limits(store, secret)

    def ask(self, address: str, visitor: Visitor, next_: str) -> bool:
        """Keep a wish for a link; false: there were too many, from there or in all.

        Raises:
            AddressError: it is no address.
        """
        key = parse_address(address).key
        if not self._may_ask(visitor):
            return False
        ask = Ask(
            draw_number(), key, visitor.browser, visitor.network, self._clock.now(), own(next_)
        )
        challenges.keep_ask(self._store, ask)
        return True

    def _may_ask(self, visitor: Visitor) -> bool:
        """Tell whether a wish may be kept; a known browser depends on nobody else."""
        if attempts.known(self._store, visitor.browser):
            return self._limits.count("asks", f"browser {visitor.browser}") <= FROM_BROWSER
        of_network = self._limits.count("asks", f"network {visitor.network}")
        return of_network <= FROM_NETWORK and self._limits.count("asks", "all") <= IN_ALL

    def work_off(self, most: int = LOT) -> int:
        """Look at the wishes that wait, and mail links to those who are users; returns how many."""
        asks = challenges.asks(self._store, most)
        for ask in asks:
            user = stored.of_address(self._store, ask.address)
            if user is None or user.standing is Standing.DISABLED:
                challenges.end_ask(self._store, ask)
            elif ask.asked_for == user.number or self._may_mail(ask, user):
                facts = {"next": ask.next}
                made = Challenge(Purpose.LINK, ask.browser, self._clock.now(), user.number, facts)
                step = self._step(Mail.SIGN_IN, user, ask.number)
                challenges.end_ask(self._store, ask, made, step)
            else:
                challenges.end_ask(self._store, ask)
        return len(asks)

    def _may_mail(self, ask: Ask, user: User) -> bool:
        """Tell whether one more link may be mailed; the first that may not is told as an event."""
        who = f"user {user.number}"
        if user.number in attempts.known(self._store, ask.browser):
            rules = [(f"{who} browser {ask.browser}", MAILS_FROM_KNOWN, "for one browser")]
        else:
            rules = [
                (f"{who} network {ask.network}", MAILS_FROM_NETWORK, "for one network"),
                (who, MAILS, "for one user, from browsers that are not known"),
            ]
        for whose, most, said in rules:
            count = self._limits.count("links", whose)
            if count == most + 1:
                reason = f"a limit is used up: {said}"
                facts: dict[str, str | int] = {"user": user.number, "reason": reason}
                events.record(self._store, Event("sign_in.held", self._clock.now(), facts))
            if count > most:
                return False
        return True

    def look(self, token: str, visitor: Visitor) -> Found:
        """Tell what a link is worth in a browser; changes nothing (law 5)."""
        challenge = challenges.look(self._store, self._name(token))
        if challenge is None or challenge.is_over(self._clock.now()):
            return Found(State.OVER)
        user = stored.get(self._store, challenge.user)
        if user is None or user.standing is Standing.DISABLED:
            return Found(State.OVER)
        state = State.GOOD if challenge.fits(visitor.browser) else State.ELSEWHERE
        return Found(state, user, challenge.purpose is Purpose.INVITATION)

    def open(self, token: str, visitor: Visitor) -> Opened | None:
        """Use a link up, in the browser that asked for it; None: it is worth nothing there."""
        if self.look(token, visitor).state is not State.GOOD:
            return None
        challenge = challenges.take(self._store, self._name(token))
        user = stored.get(self._store, challenge.user) if challenge else None
        if challenge is None or user is None or not challenge.fits(visitor.browser):
            return None
        return Opened(user, own(challenge.facts.get("next", "")))

    def send_again(self, token: str, visitor: Visitor) -> bool:
        """Exchange a link that another browser asked for, or an invitation, for a new one.

        Whoever has it reads that mailbox: nothing that strangers asked for holds this back. False:
        it is worth nothing any more.
        """
        found = self.look(token, visitor)
        if found.user is None:
            return False
        ask = Ask(
            draw_number(),
            found.user.address,
            visitor.browser,
            visitor.network,
            self._clock.now(),
            own(""),
            found.user.number,
        )
        return challenges.keep_ask(self._store, ask, taken=self._name(token))

    @act("users.invite")
    def invite(self, address: str) -> User:
        """Mail an invitation to a user: a link for three days to ask for a first link with.

        Raises:
            NotFoundError: nobody of that address is a user.
            StateError: they are disabled.
            InputError: nobody could open it, for no address of the pages is set.
        """
        user = users.find(self._store, address)
        if once.made():
            return user
        if not self._settings.public_url:
            said = "it is not set, and an invitation leads to the web pages"
            raise InputError.of("public_url", said, "set where the pages are", code="missing")
        if user.standing is Standing.DISABLED:
            remedy = "Enable them first."
            raise StateError("user", user.name, user.standing.value, "invite", remedy)
        number, now = draw_number(), self._clock.now()
        step = self._step(Mail.INVITATION, user, number)
        told = Event("user.invited", now, {"user": user.number})
        challenge = Challenge(Purpose.INVITATION, "", now, user.number)
        step = replace(step, events=(*step.events, told))
        challenges.send(self._store, number, challenge, step, once.binding(str(user.number)))
        tell(user=user.number)
        return user

    @act("users.link")
    def hand(self, address: str) -> str:
        """Make a link that signs a user in, once, within the hour; returns its address.

        It is for the operator, who has the machine, when no mail arrives yet or any more.

        Raises:
            NotFoundError: nobody of that address is a user.
            StateError: they are disabled.
            InputError: nobody could open it, for no address of the pages is set.
        """
        user = users.find(self._store, address)
        if not self._settings.public_url:
            said = "it is not set, and the link leads to the web pages"
            raise InputError.of("public_url", said, "set where the pages are", code="missing")
        if user.standing is Standing.DISABLED:
            remedy = "Enable them first."
            raise StateError("user", user.name, user.standing.value, "sign in", remedy)
        number = draw_number()
        made = Challenge(Purpose.HANDED, "", self._clock.now(), user.number)
        challenges.keep(self._store, str(number), made)
        tell(user=user.number)
        token = self._signer.sign(Token.SIGN_IN, number)
        return f"{self._settings.public_url}/console/link/{token}"

    def _step(self, name: Mail, user: User, number: int) -> Step:
        letter = Letter(name.value, user.address, user.language, facts=facts_of(request=number))
        return Step(self._clock.now(), nobody=True, once=timedelta(), letter=letter)

    def _name(self, token: str) -> str:
        """Return the name of a link's challenge; empty if the link is none of ours."""
        numbers = self._signer.verify(Token.SIGN_IN, token)
        return str(numbers[0]) if numbers else ""


__all__ = ["AddressError", "Found", "Links", "NotFoundError", "Opened", "State"]
