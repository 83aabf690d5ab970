"""A campaign of which each delivery has its outcome, as relays gave it: for tests of what follows."""

from __future__ import annotations

import asyncio

from mailer.domain.bounces.policy import of_refusal
from mailer.domain.campaigns.campaign import Campaign
from mailer.domain.campaigns.delivery import rejected
from mailer.store.campaigns.ledger import Ledger
from mailer.store.campaigns.settling import Settled
from support.service.small_campaign import SmallService


def settled(
    service: SmallService, *refused: int, code: int = 552, text: str = "5.2.2 Mailbox full"
) -> Campaign:
    """Send a campaign: those subscribers are refused with these words, the others accepted."""
    campaign = service.started()

    async def settle() -> None:
        store = service.store.asyncio()
        ledger, now = Ledger(store, campaign.number), service.clock.now()
        chunk = await ledger.take("token", now)
        assert chunk is not None
        assert not isinstance(chunk, int)
        work = await ledger.read(chunk, campaign.languages, now)
        await ledger.claim(chunk, work.todo, now)
        attempt = rejected(code, "", text)
        said = of_refusal(attempt)
        others = [Settled(one, attempt, "relay", said=said) for one in refused]
        accepted = [one for one in work.todo if one not in refused]
        await ledger.settle(chunk, accepted, others, now)
        await ledger.finish(chunk, now, left=False)
        await store.close()

    asyncio.run(settle())
    service.campaigns.close_if_complete(campaign.number)
    return campaign
