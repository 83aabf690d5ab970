"""Makes, signs and posts one message to an endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from mailer.config import Settings, secret_key
from mailer.domain.webhooks.answer import Answer, unanswered
from mailer.domain.webhooks.endpoint import Endpoint
from mailer.domain.webhooks.payload import body
from mailer.domain.webhooks.signing import headers, secret_of
from mailer.domain.webhooks.url import parse_url
from mailer.errors import InputError
from mailer.hooks.client import HookClient


class Poster:
    """Posts events; belongs to one event loop, as its client does."""

    def __init__(self, settings: Settings, client: HookClient | None = None) -> None:
        """Set up.

        Args:
            settings: the service's.
            client: posts; none: one that goes by the settings.

        Raises:
            ConfigError: the secret key cannot be read.
        """
        self._allowed = settings.webhook_allow_networks
        self._key = secret_key(settings)
        self._client = client or HookClient(self._allowed)

    async def post(
        self, endpoint: Endpoint, event: str, fields: Mapping[str, str], now: datetime
    ) -> Answer:
        """Make one try; returns what came of it.

        Args:
            endpoint: where to.
            event: its id.
            fields: of the event, as the log has them.
            now: the present.
        """
        try:
            url = parse_url(endpoint.url, self._allowed)
        except InputError as error:  # the settings allowed it once
            return unanswered(f"refused: {error.problems[0].text}", 0.0)
        content = body(fields)
        secrets = [secret_of(self._key, endpoint.id, one) for one in endpoint.secrets(now)]
        return await self._client.post(url, headers(event, now, content, secrets), content)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()
