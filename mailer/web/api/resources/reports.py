"""What became of a file, as the API writes it."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field


class Refusal(BaseModel):
    """A line that was not imported, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line: int
    address: str
    reason: str


class Report(BaseModel):
    """What became of a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dry_run: bool
    added: int
    updated: int
    unchanged: int
    refused: int
    taken_off: int
    still_mailed: int
    refusals: Sequence[Refusal] = Field(description="The first twenty lines that were refused.")
    unknown_columns: Sequence[str]
