"""Finds the reader whom a token stands for in this store, and nobody else (law 16).

A store may have lost its last hours: a copy was brought back, or a server took over that knew less.
Mail of those hours is still about, and its numbers are given to others by now. So a token acts for
a subscriber only if the mark of the address agrees. A token from before there were marks acts for
the numbers that had been given out by then.
"""

from __future__ import annotations

from mailer.domain.access.token import Signer
from mailer.domain.campaigns.campaign import Campaign
from mailer.domain.subscribers.bearer import LARGEST_SUBSCRIBER, Bearer, Leave, check_of
from mailer.domain.subscribers.subscriber import Subscriber
from mailer.store.campaigns import deliveries
from mailer.store.campaigns import records as campaigns
from mailer.store.server.connection import Store
from mailer.store.subscribers import records as subscribers


class Bearers:
    """Finds subscribers and campaigns by what tokens say of them."""

    def __init__(self, store: Store, signer: Signer) -> None:
        self._store, self._signer = store, signer

    def subscriber(self, bearer: Bearer | None) -> Subscriber | None:
        """Find the reader that a token was sent to; none: erased, or of a history that was lost."""
        if bearer is None or not 0 < bearer.subscriber <= LARGEST_SUBSCRIBER:
            return None
        found = subscribers.get(self._store, bearer.subscriber)
        return found if found is not None and self.is_bearer(found, bearer) else None

    def is_bearer(self, subscriber: Subscriber, bearer: Bearer) -> bool:
        """Tell whether a token that names a subscriber's number was sent to that subscriber."""
        if bearer.mark:
            return bearer.is_marked(self._signer.mark(subscriber.address))
        return subscriber.number <= subscribers.unmarked(self._store)

    def recipient(self, mailing: int, number: int) -> tuple[Campaign, Subscriber] | None:
        """Find a delivery by the mailing and the subscriber's number; none: it is not in our books.

        The mailing is enough to tell whose it is: whoever stood in its audience had their number
        before it drew its identity.
        """
        campaign = campaigns.of_mailing(self._store, mailing)
        if campaign is None or not 0 < number <= LARGEST_SUBSCRIBER:
            return None
        if not deliveries.is_in_audience(self._store, campaign.number, number):
            return None
        found = subscribers.get(self._store, number)
        return (campaign, found) if found is not None else None

    def campaign_of(self, said: Leave) -> int:
        """Return the number of the campaign by whose mail somebody leaves; 0: not known, or none.

        For statistics: a campaign that has that number now need not be the one that sent the mail.
        """
        found = campaigns.find(self._store, said.campaign) if said.campaign else None
        if found is None or not found.started_at:
            return 0
        if said.check is None:
            return 0 if found.identity else found.number
        return found.number if said.check == check_of(found.identity) else 0
