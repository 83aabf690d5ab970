"""Refuses to mail many if that is not the number that a person has seen (law 18).

Front ends without a person before them, such as the API, state the number with each request.
"""

from __future__ import annotations

from collections.abc import Mapping

from mailer.domain.campaigns.size import Expected
from mailer.errors import Fact, MailerError


class OtherSizeError(MailerError):
    """Something would mail another number of readers than was expected; nothing was done.

    Attributes:
        expected: how many readers whoever asked had in view.
        readers: how many it would be now.
    """

    code = "other_size"

    def __init__(self, expected: int, readers: int) -> None:
        """Name both numbers."""
        self.expected, self.readers = expected, readers
        said = f"It would be told to {readers:,} readers, and {expected:,} were expected."
        super().__init__(said, "See whether that is meant, and give that number.")

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The two numbers."""
        return {"expected": self.expected, "readers": self.readers}


def agree(expected: Expected | None, present: int) -> None:
    """Refuse what mails another number than was expected.

    Args:
        expected: what whoever asks has seen; None: a person said yes, or any number will do.
        present: how many readers it is now.

    Raises:
        OtherSizeError: it is another number.
    """
    if expected is not None and not expected.fits(present):
        raise OtherSizeError(expected.readers, present)
