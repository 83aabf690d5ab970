"""Sends a campaign's edition to one address for a look: real messages, counted in no books."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from mailer.clock import Clock
from mailer.config import Settings, secret_key
from mailer.domain.access.token import Signer
from mailer.domain.campaigns.campaign import Campaign
from mailer.domain.campaigns.delivery import Attempt, Outcome, deferred
from mailer.domain.events import Event
from mailer.domain.settings.transport_url import Destination
from mailer.domain.subscribers.address import key_of, parse_address
from mailer.message.outgoing.composing import Recipient, compile_message
from mailer.message.outgoing.verp import ReturnPath
from mailer.relay.envelope import Envelope
from mailer.relay.limits import Limits
from mailer.relay.opening import open_transport
from mailer.services.access.acting import act
from mailer.services.campaigns import trial_page
from mailer.services.editions.archive import PUBLIC
from mailer.services.sending import composing, contents
from mailer.services.sending.contents import Content, EditionContent
from mailer.store import events
from mailer.store.campaigns import drafts
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers

NOBODY: Final = 0
"""Subscriber number of whoever gets a trial: links and bounces of it are nobody's."""
LIMITS: Final = Limits(connect=20.0, command=60.0, final=120.0)
"""Shorter than a campaign's: a person waits."""
LOOK_SECONDS: Final = 0.05
"""The interval between two checks whether the relays can be reached."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The result for the message in one language."""

    language: str
    attempt: Attempt
    relay: str
    """Name of the relay that was handed the message, or empty if none was."""

    @property
    def accepted(self) -> bool:
        """Tell whether a relay took it."""
        return self.attempt.outcome is Outcome.ACCEPTED


class Trials:
    """Sends trials of campaigns."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store, self._settings, self._clock = store, settings, clock

    @act("campaigns.test", "number", "languages")
    def send(self, number: int, address: str, languages: Sequence[str] = ()) -> list[Trial]:
        """Send what a campaign sends to an address: a message for each language, one attempt each.

        All messages are made before the first leaves, so that an error sends none. The campaign's
        state and its ledger stay as they are.

        Args:
            number: the campaign's, in any state.
            address: whom to send to; need not be a subscriber.
            languages: which of those that it is written in; none means all.

        Returns:
            What became of each, in order.

        Raises:
            NotFoundError: there is no such campaign, or no such translation.
            InputError: the address is none, or the text cannot be rendered.
            ConfigError: the settings lack what every message needs.
        """
        self._settings.check_for_sending()
        recipient = parse_address(address).given
        campaign = campaigns.get(self._store, number)
        signer = Signer(secret_key(self._settings))
        lot = campaigns.draw_identity(self._store, number)
        self._store.durable()
        content = self._content(campaign, lot, signer)
        chosen = tuple(dict.fromkeys(languages)) or content.languages
        feed = Feed(deque(self._compose(lot, content, chosen, recipient, signer)))
        asyncio.run(hand_over(self._settings, feed))
        trials = [Trial(code, *feed.outcomes[place]) for place, code in enumerate(chosen)]
        self._record(number, content.version, trials)
        return trials

    def _content(self, campaign: Campaign, lot: int, signer: Signer) -> Content:
        """Load what is sent; before it is public, its link leads to a page for trials."""
        content = contents.load(self._store, self._settings, campaign)
        if isinstance(content, EditionContent) and campaign.state not in PUBLIC:
            return replace(content, page=trial_page.page_of(lot, signer))
        return content

    def _compose(
        self,
        lot: int,
        content: Content,
        languages: Sequence[str],
        recipient: str,
        signer: Signer,
    ) -> list[Envelope]:
        settings = self._settings
        signing = composing.signing_keys(settings)
        path = ReturnPath(settings.list_name, settings.list_domain, signer)
        # A text may have passages for some readers only; the address may be one of them.
        number = subscribers.number_of(self._store, key_of(recipient))
        reader = composing.reader_of(self._store, number)
        pages = [composing.rendered_for(content, code, reader) for code in languages]
        envelopes = []
        for place, rendered in enumerate(pages):
            page = replace(rendered, subject=f"[Test {rendered.language}] {rendered.subject}")
            identity = composing.identity(settings, rendered.language)
            mailing = replace(content.mailing, mailing=lot, trial=1 + place)
            template = compile_message(page, identity, mailing, signer, signing)
            message = template.fill(Recipient(NOBODY, recipient, reader.name), self._clock.now())
            sender = path.write(lot, NOBODY)
            envelopes.append(composing.enveloped(message, place, sender))
        return envelopes

    def _record(self, number: int, version: str, trials: Sequence[Trial]) -> None:
        now = self._clock.now()
        told = {
            "at": now.isoformat(),
            "version": version,
            "languages": [trial.language for trial in trials],
            "accepted": all(trial.accepted for trial in trials),
        }
        with self._store.transaction() as pipe:
            for trial in trials:
                fields: dict[str, str | int] = {
                    "campaign": number,
                    "language": trial.language,
                    "outcome": trial.attempt.outcome.value,
                }
                events.append(pipe, Event("campaign.tested", now, fields))
            drafts.note_test(pipe, number, told)
        self._store.durable()


@dataclass
class Feed:
    """Hands a few messages to the relays and keeps what became of them."""

    waiting: deque[Envelope]
    outcomes: dict[int, tuple[Attempt, str]] = field(default_factory=dict)
    problem: str = ""
    """The reason why the relays cannot be reached, once that is known."""
    relays: dict[int, str] = field(default_factory=dict)

    def take(self, relay: Destination) -> Envelope | None:
        """Hand out the next message."""
        if not self.waiting:
            return None
        envelope = self.waiting.popleft()
        self.relays[envelope.number] = relay.name
        return envelope

    def settle(self, envelope: Envelope, attempt: Attempt) -> None:
        """Note how one ended, and at which relay."""
        relay = self.relays[envelope.number]
        if attempt.outcome is Outcome.RELEASED:
            attempt, relay = deferred(0, "", self.problem or "the relay took no more mail"), ""
        self.outcomes[envelope.number] = (attempt, relay)

    def give_up(self, problem: str) -> None:
        """Settle what was not taken: no relay can be reached."""
        self.problem = problem
        for envelope in self.waiting:
            self.outcomes[envelope.number] = (deferred(0, "", problem), "")
        self.waiting.clear()


async def hand_over(settings: Settings, feed: Feed) -> None:
    """Hand over what the feed holds; gives up as soon as no relay can be reached."""
    pool = open_transport(settings.relays, connections=1, limits=LIMITS)
    try:
        pool.serve(feed)
        idle = asyncio.create_task(pool.idle())
        while not (await asyncio.wait({idle}, timeout=LOOK_SECONDS))[0]:
            if pool.problem:
                feed.give_up(pool.problem)
                await pool.drain(LIMITS.final)
        await idle
    finally:
        await pool.close()
