"""What becomes of imported files, of many readers, and of long work.

Times are texts (RFC 3339), as in the document of the API; new fields may be added there.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict, final


class Refusal(TypedDict):
    """A line that was not imported, and why."""

    line: int
    address: str
    reason: str


@final
class Report(TypedDict):
    """What became of a file."""

    dry_run: bool
    added: int
    updated: int
    unchanged: int
    refused: int
    taken_off: int
    still_mailed: int
    not_mailed: NotRequired[dict[str, int]]
    """Lines refused because the file says that their readers may not be mailed, by what it says."""
    refusals: list[Refusal]
    """The first twenty lines that were refused."""
    unknown_columns: list[str]
    all_refused: NotRequired[bool]
    """False: `jobs.refused` has not all the lines that were refused."""


@final
class Tally(TypedDict):
    """What became of many readers."""

    done: int
    unchanged: int
    """It was so already."""
    gone: int
    """Erased meanwhile."""
    refused: int
    """They would have too many tags."""


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
    kind: Literal["import", "tag", "remove", "suppress", "erase"]
    state: Literal["waiting", "running", "done", "failed"]
    done: int
    """Octets of a file, or readers, so far."""
    total: int
    made: str
    ended: str | None
    result: Report | Tally | None
    """Of an import a report, of what is done to many readers a tally."""
    error: Failure | None
