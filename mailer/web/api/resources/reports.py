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
    not_mailed: dict[str, int] = Field(
        default_factory=dict,
        description="Lines refused because the file says that their readers may not be mailed, by"
        " what it says.",
    )
    refusals: Sequence[Refusal] = Field(description="The first twenty lines that were refused.")
    unknown_columns: Sequence[str]
    all_refused: bool = Field(
        default=True,
        description="False if a job refused more lines than `/jobs/{number}/refused` has.",
    )


class Tally(BaseModel):
    """What became of many readers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    done: int
    unchanged: int = Field(description="It was so already.")
    gone: int = Field(description="Erased meanwhile.")
    refused: int = Field(description="A reader would have too many tags.")
