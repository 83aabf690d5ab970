"""Errors, as one hierarchy: each carries its facts and says what to do next.

Each class has a `code` that programs may go by, and that stays the same from version to version;
messages are for people and may change. `docs/errors.md` lists the codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class MailerError(Exception):
    """Any error that we foresee; its message is written for the person who sees it.

    Attributes:
        code: what programs know this kind of error by; lower case, stable.
        exit_code: what a command exits with when this error ends it.
    """

    code: ClassVar[str] = "failed"
    exit_code = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input: where, what, and how to mend it."""

    place: str
    """The file and line, the setting, or the field; empty if the whole input is meant."""
    text: str
    remedy: str = ""
    code: str = "invalid"
    """The name of this kind of problem for programs; lower case, stable."""

    def __str__(self) -> str:
        """One line: `place: text; remedy`."""
        line = f"{self.place}: {self.text}" if self.place else self.text
        return f"{line}; {self.remedy}" if self.remedy else line


class InputError(MailerError):
    """A file or an argument is not as it must be; all its problems are listed at once.

    Attributes:
        problems: each with its place, which is the field where a single value is meant.
    """

    code = "invalid_input"

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        """Collect problems in reading order, or one sentence."""
        self.problems = (Problem("", problems),) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class ConfigError(InputError):
    """The settings are wrong: nothing was started."""

    code = "invalid_configuration"
    exit_code = 2


class NotFoundError(MailerError):
    """Something was asked for by a name that is not known.

    Attributes:
        kind: what was looked for, say `campaign`.
        name: the name that it was given.
    """

    code = "not_found"

    def __init__(self, kind: str, name: str, remedy: str = "") -> None:
        """Keep the kind that was looked for (`edition`, `campaign`, …), and its name."""
        self.kind, self.name = kind, name
        super().__init__(f"There is no {kind} {name!r}." + (f" {remedy}" if remedy else ""))


class StateError(MailerError):
    """An action does not fit the state that a thing is in, say sending a campaign twice.

    Attributes:
        thing: the name of what it was asked of.
        state: the state that it is in.
        action: what was asked for.
    """

    code = "wrong_state"

    def __init__(
        self, thing: str, state: str, action: str, remedy: str = "", *, said: str = ""
    ) -> None:
        """Name the thing, its state (`said`: in words) and the action that was asked for."""
        self.thing, self.state, self.action = thing, state, action
        message = f"Cannot {action} {thing}: it is {said or state}."
        super().__init__(f"{message} {remedy}" if remedy else message)


class StoreError(MailerError):
    """The store cannot be used: not reachable, locked, of another version, or full.

    Attributes:
        said: the words of the store or of its client, where it is they who complain.
    """

    code = "store_unusable"

    def __init__(self, message: str, said: str = "") -> None:
        """Keep the message for people, and the words in which the store complained."""
        self.said = said
        super().__init__(message)


class StoreLostError(StoreError):
    """The store is away, or did not answer in time.

    Whether the last change was made is not known: what only reads may be done again, a change may
    be repeated only where doing it twice does no harm.
    """

    code = "store_lost"


class StoreDeniedError(StoreLostError):
    """The store does not let us in, with the password that we have."""

    code = "store_denied"


class StoreFullError(StoreError):
    """The memory of the store is used up: it takes no more."""

    code = "store_full"


class StoreDiskError(StoreError):
    """The store cannot write to its disk, and so takes no more."""

    code = "store_disk"


class StoreRefusedError(StoreError):
    """The store answered that it does not do what it was asked for."""

    code = "store_refused"


class RelayError(MailerError):
    """A relay refused, or the connection to it failed.

    Attributes:
        permanent: true if trying again later cannot help.
        reply: SMTP reply code (RFC 5321 section 4.2), or 0 where no reply came.
        enhanced: enhanced status code (RFC 3463) such as `5.1.1`, or empty.
        command: the SMTP command that was answered (`MAIL`, `RCPT`, `DATA`, `connect`, …).
        text: the relay's own words.
    """

    code = "relay_failed"

    def __init__(
        self, *, permanent: bool, reply: int, enhanced: str, command: str, text: str
    ) -> None:
        """Compose the message from the facts."""
        self.permanent, self.reply, self.enhanced = permanent, reply, enhanced
        self.command, self.text = command, text
        status = " ".join(part for part in (str(reply or ""), enhanced, text) if part)
        super().__init__(f"{command}: {status}")


class NotAllowedError(MailerError):
    """An act was asked for that the actor's role, or their token's scopes, do not allow.

    Attributes:
        act: what was asked for.
        right: what it needs.
    """

    code = "not_allowed"

    def __init__(self, act: str, right: str) -> None:
        """Name the act and the right."""
        self.act, self.right = act, right
        super().__init__(f"This needs the right {right!r}. An owner can give it to you.")


class ProofNeededError(MailerError):
    """A session must prove its person again before this act.

    Attributes:
        act: what was asked for.
    """

    code = "proof_needed"

    def __init__(self, act: str) -> None:
        """Name the act."""
        self.act = act
        super().__init__("Please confirm that it is you, and do this again.")
