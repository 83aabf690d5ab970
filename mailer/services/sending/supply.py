"""Keeps what a chunk has claimed until a relay asks for it, and has the messages written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

from mailer.domain.campaigns.campaign import Campaign
from mailer.domain.settings.transport_url import Destination
from mailer.message.outgoing.composing import Recipient
from mailer.relay.envelope import Envelope
from mailer.services.sending.composing import Unsigned
from mailer.services.sending.prewriting.signed import SignedPrewriting
from mailer.services.sending.prewriting.threads import ThreadedPrewriting
from mailer.services.sending.prewriting.written import Prewriting, Written, attempt
from mailer.services.sending.ready import Ready
from mailer.services.sending.worker_context import WorkerContext
from mailer.store.campaigns.chunks import Claimed


class Supply:
    """Claimed deliveries of one chunk, from which messages are made as relays ask for them."""

    def __init__(
        self,
        context: WorkerContext,
        campaign: Campaign,
        languages: Mapping[int, str],
        tell: Callable[[], None],
    ) -> None:
        """Start with nothing claimed.

        Args:
            context: composes and signs.
            campaign: the one whose messages are written.
            languages: of the chunk's readers, where they are not the campaign's first.
            tell: called when messages were written ahead.
        """
        self._context, self._campaign, self._languages = context, campaign, languages
        self._tell = tell
        self._ready = Ready()
        self._ahead: Prewriting | None = None

    def __len__(self) -> int:
        """Count what is claimed and not handed out."""
        return len(self._ready) + (len(self._ahead) if self._ahead is not None else 0)

    @property
    def only_tied(self) -> bool:
        """Tell whether all that waits, if anything does, is tied to some relay."""
        return self._ready.only_tied

    def prepare(self, numbers: Iterable[int]) -> None:
        """Make ready to write to those deliveries; called before any is claimed.

        Raises:
            Exception: whatever keeps a text from being rendered.
        """
        for language in {self._language(number) for number in numbers}:
            self._context.composer.prepare(self._campaign, language)
        self._ahead = None if self._context.throttle.by_relay else self._writes_ahead()

    def put(self, claimed: Iterable[Claimed]) -> None:
        """Add what was claimed."""
        self._ready.put(claimed)
        if self._ahead is not None:
            self._ahead.urge()

    def next(self, relay: Destination) -> Written | None:
        """Return a delivery for a relay with its message, or with what kept it from being written.

        None: nothing is there for it, or nothing is written yet.
        """
        if self._ahead is not None:
            return self._ahead.next()
        ready = self._ready.queue_for(relay)
        if not ready:
            return None
        delivery = ready.popleft()
        return Written(delivery, attempt(self._write, delivery))

    def strand(self, hosts: Collection[str]) -> list[Claimed]:
        """Remove what is tied to a relay other than those, which take mail, and return it."""
        return self._ready.strand(hosts)

    async def drop(self) -> None:
        """Forget all: it is no longer ours to give back."""
        self._ready.clear()
        await self._close_ahead()

    async def close(self) -> list[Claimed]:
        """Write no more; returns what was not handed out."""
        left = [*await self._close_ahead(), *self._ready.clear()]
        self._languages = {}  # large, and this object is part of cycles that linger
        return left

    async def _close_ahead(self) -> list[Claimed]:
        return await self._ahead.close() if self._ahead is not None else []

    def _writes_ahead(self) -> Prewriting | None:
        """Return what writes messages before they are asked for, if they take long to make."""
        queue, signing = self._ready.untied, self._context.signing
        if self._context.composer.is_personal(self._campaign):
            return ThreadedPrewriting(queue, self._write, self._tell)
        return SignedPrewriting(queue, self._draft, signing, self._tell) if signing else None

    def _write(self, delivery: Claimed) -> Envelope:
        """Write a message; may run in a thread.

        Raises:
            UnsendableError: none can be made for that address.
        """
        return self._context.composer.write(self._campaign, *self._particulars(delivery))

    def _draft(self, delivery: Claimed) -> Unsigned:
        """Write a message but for its signatures; otherwise as `_write`."""
        return self._context.composer.draft(self._campaign, *self._particulars(delivery))

    def _particulars(self, delivery: Claimed) -> tuple[str, Recipient, datetime]:
        """Return the language, the recipient and the date of a message."""
        to = Recipient(delivery.number, delivery.address, delivery.name)
        return self._language(delivery.number), to, self._context.clock.now()

    def _language(self, number: int) -> str:
        return self._languages.get(number, self._campaign.languages[0])
