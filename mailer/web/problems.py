"""The one error by which a handler ends a request."""

from __future__ import annotations

from collections.abc import Mapping


class PageError(Exception):
    """Ends a request with an error page.

    Attributes:
        status: of the answer.
        words: what the page says: a table of `errors.toml`; usually named by the status.
        language: to say it in; empty: as the request wishes.
        headers: further header fields.
    """

    def __init__(
        self,
        status: int,
        words: str = "",
        *,
        language: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status, self.words, self.language = status, words or str(status), language
        self.headers = dict(headers or {})
        super().__init__(f"{status} {self.words}")
