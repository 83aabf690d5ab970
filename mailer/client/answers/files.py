"""What becomes of imported files, and of long work.

Times are texts (RFC 3339), as in the document of the API; new fields may be added there.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class Refusal(TypedDict):
    """A line that was not imported, and why."""

    line: int
    address: str
    reason: str


class Report(TypedDict):
    """What became of a file."""

    dry_run: bool
    added: int
    updated: int
    unchanged: int
    refused: int
    taken_off: int
    still_mailed: int
    refusals: list[Refusal]
    """The first twenty lines that were refused."""
    unknown_columns: list[str]


class Wrong(TypedDict):
    """One thing that is wrong with what the job was given."""

    field: str
    code: str
    detail: str


class Failure(TypedDict):
    """Why a job failed; `code` as in problem details."""

    code: str
    detail: str
    errors: NotRequired[list[Wrong]]


class Job(TypedDict):
    """One job."""

    number: int
    kind: Literal["import"]
    state: Literal["waiting", "running", "done", "failed"]
    done: int
    """Octets that were read so far."""
    total: int
    made: str
    ended: str | None
    result: Report | None
    error: Failure | None
