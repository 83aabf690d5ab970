"""One hierarchy of errors: each carries its facts and says what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class MailerError(Exception):
    """Any error that we foresee; its message is written for the person who sees it.

    Attributes:
        exit_code: what a command exits with when this error ends it.
    """

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input: where, what, and how to mend it."""

    place: str
    """The file and line, the setting, or the field; empty if the whole input is meant."""
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        """One line: `place: text; remedy`."""
        line = f"{self.place}: {self.text}" if self.place else self.text
        return f"{line}; {self.remedy}" if self.remedy else line


class InputError(MailerError):
    """A file or an argument is not as it must be; all its problems are listed at once."""

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        """Collect problems in reading order, or one sentence."""
        self.problems = (Problem("", problems),) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class ConfigError(InputError):
    """The settings are wrong: nothing was started."""

    exit_code = 2


class NotFoundError(MailerError):
    """Something was asked for by a name that is not known."""

    def __init__(self, kind: str, name: str, remedy: str = "") -> None:
        """Say what was looked for (`edition`, `campaign`, …), and by which name."""
        self.kind, self.name = kind, name
        super().__init__(f"There is no {kind} {name!r}." + (f" {remedy}" if remedy else ""))


class StateError(MailerError):
    """An action does not fit the state that a thing is in, say sending a campaign twice."""

    def __init__(
        self, thing: str, state: str, action: str, remedy: str = "", *, said: str = ""
    ) -> None:
        """Name the thing, its state (`said`: in words) and the action that was asked for."""
        self.thing, self.state, self.action = thing, state, action
        message = f"Cannot {action} {thing}: it is {said or state}."
        super().__init__(f"{message} {remedy}" if remedy else message)


class StoreError(MailerError):
    """The store cannot be used: not reachable, locked, of another version, or full."""


class LedgerError(MailerError):
    """The books of a campaign do not balance: a defect that a person must see (law 2)."""


class RelayError(MailerError):
    """A relay refused, or the connection to it failed.

    Attributes:
        permanent: true if trying again later cannot help.
        code: SMTP reply code (RFC 5321 section 4.2), or 0 where no reply came.
        enhanced: enhanced status code (RFC 3463) such as `5.1.1`, or empty.
        command: the SMTP command that was answered (`MAIL`, `RCPT`, `DATA`, `connect`, …).
        text: the relay's own words.
    """

    def __init__(
        self, *, permanent: bool, code: int, enhanced: str, command: str, text: str
    ) -> None:
        """Compose the message from the facts."""
        self.permanent, self.code, self.enhanced = permanent, code, enhanced
        self.command, self.text = command, text
        status = " ".join(part for part in (str(code or ""), enhanced, text) if part)
        super().__init__(f"{command}: {status}")
