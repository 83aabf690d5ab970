"""What the models of the resources share: their strictness, and the types of their fields."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from mailer.domain.campaigns.size import Expected

LARGEST: Final = 2**53 - 1
"""The largest whole number that every program reads as it was written (RFC 8259 section 6)."""
_YEARS: Final = range(1970, 9000)


class Model(BaseModel):
    """A body, or a part of one, of which each field is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _near(at: datetime) -> datetime:
    if at.year not in _YEARS:
        raise ValueError(f"the year is not one of {_YEARS.start} to {_YEARS.stop - 1}")
    return at


def _utc(at: datetime) -> datetime:
    return _near(at).astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
"""An instant: a date with a time and its distance from UTC (RFC 3339)."""
Local = Annotated[datetime, AfterValidator(_near)]
"""The same, or a local time in a zone that is given beside it."""
Number = Annotated[int, Path(ge=1, le=LARGEST)]
"""The number of a thing, in a path."""
Line = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""A text of one line."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
"""A short name, such as an edition's or a topic's."""


class Size(Model):
    """The number of readers that whoever asks has seen (law 18)."""

    readers: int | None = Field(
        default=None, ge=0, le=LARGEST, description="How many readers you expect it to reach."
    )
    tolerance: int = Field(
        default=0, ge=0, le=LARGEST, description="By how many the present number may differ."
    )
    any_size: bool = Field(default=False, description="However many readers it reaches.")

    def expected(self, otherwise: int | None = None) -> Expected | None:
        """Return the number that is expected; None: any.

        Args:
            otherwise: what is expected if nothing is said.

        Raises:
            ValueError: nothing is said, and there is no `otherwise`.
        """
        if self.any_size:
            return None
        readers = otherwise if self.readers is None else self.readers
        if readers is None:
            raise ValueError("say how many readers you expect, or any_size: true")
        return Expected(readers, self.tolerance)


SAID: Final[dict[str, Any]] = {
    "anyOf": [
        {"required": ["readers"], "properties": {"readers": {"type": "integer"}}},
        {"required": ["any_size"], "properties": {"any_size": {"const": True}}},
    ]
}
"""What the document says of a body that has to name a size."""
NO_SUCH: Final[dict[int | str, dict[str, Any]]] = {
    404: {"description": "What the body names does not exist"}
}
"""What the document says of a request whose body names something."""
