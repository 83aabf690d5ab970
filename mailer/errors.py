"""Errors, as one hierarchy: each has a stable code, its facts, and a message.

Programs go by `code`, which stays the same from version to version, and by `facts`. Messages and
remedies are for people, wherever they are, and may change: no option or command of a front end is
named in or below `services`; `mailer.cli.remedies` adds them for a terminal, and
`mailer.web.problem_details` makes the API's answers. `docs/errors.md` lists the codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar, Self

Fact = str | int | bool | Sequence[str]
"""A detail of an error, for programs."""


class MailerError(Exception):
    """Any error that we foresee; its message is written for the person who sees it.

    Attributes:
        code: what programs know this kind of error by; lower case, stable.
        exit_code: what a command exits with when this error ends it.
        message: what happened, in sentences.
        remedy: what can be done about it, in sentences; empty where nothing is known.
    """

    code: ClassVar[str] = "failed"
    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        """Take the message, and the remedy if there is one."""
        self.message, self.remedy = message, remedy
        super().__init__(f"{message} {remedy}" if remedy else message)

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The details in the message, by name, for programs."""
        return {}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input: where, what, and how to mend it."""

    place: str
    """The field, the setting, or the file and line; empty if the whole input is meant."""
    text: str
    remedy: str = ""
    _: KW_ONLY
    code: str
    """The name of this kind of problem for programs; lower case, stable."""
    facts: Mapping[str, Fact] = field(default_factory=dict, hash=False)
    """The details in the text, by name, for programs and for other wordings."""

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

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Collect problems in reading order."""
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @classmethod
    def of(
        cls,
        place: str,
        text: str,
        remedy: str = "",
        *,
        code: str,
        facts: Mapping[str, Fact] | None = None,
    ) -> Self:
        """Make an error of one problem; arguments as a `Problem` has them."""
        return cls([Problem(place, text, remedy, code=code, facts=facts or {})])


class ConfigError(InputError):
    """The settings are wrong: nothing was started."""

    code = "invalid_configuration"
    exit_code = 2


class NotFoundError(MailerError):
    """Something was asked for by a name that is not known.

    Attributes:
        kind: what was looked for, say `campaign`.
        name: the name that it was given.
        within: what it would belong to, as the entry of an occurrence; empty: it stands alone.
    """

    code = "not_found"

    def __init__(self, kind: str, name: str, remedy: str = "", *, within: str = "") -> None:
        """Keep the kind that was looked for (`edition`, `campaign`, …), and its name."""
        self.kind, self.name, self.within = kind, name, within
        of = f" of {within}" if within else ""
        super().__init__(f"There is no {kind} {name!r}{of}.", remedy)

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The thing that was looked for."""
        found = {"kind": self.kind, "name": self.name}
        return found | ({"within": self.within} if self.within else {})


class StateError(MailerError):
    """An action does not fit the state that a thing is in, say sending a campaign twice.

    Attributes:
        kind: what it was asked of, say `campaign`.
        name: which of them; empty where that is plain.
        state: the state that it is in.
        action: what was asked for.
    """

    code = "wrong_state"

    def __init__(
        self, kind: str, name: str, state: str, action: str, remedy: str = "", *, said: str = ""
    ) -> None:
        """Name the thing, its state (`said`: in words) and the action that was asked for."""
        self.kind, self.name, self.state, self.action = kind, name, state, action
        thing = f"{kind} {name}" if name else f"the {kind}"
        super().__init__(f"Cannot {action} {thing}: it is {said or state}.", remedy)

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The thing, its state, and the action that was asked for."""
        found = {"kind": self.kind, "name": self.name, "state": self.state, "action": self.action}
        return {name: value for name, value in found.items() if value}


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

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The words of the store."""
        return {"said": self.said} if self.said else {}


class SchemaError(StoreError):
    """The store's data is of another version than this Mailer's; nothing was changed.

    Attributes:
        found: the version of the data.
        needed: the version that this Mailer uses.
    """

    code = "store_older"

    def __init__(self, message: str, found: int, needed: int) -> None:
        """Take the message for people, and the two versions."""
        self.found, self.needed = found, needed
        super().__init__(message)

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The two versions."""
        return {"found": self.found, "needed": self.needed}


class NewerSchemaError(SchemaError):
    """The store's data was written by a newer Mailer."""

    code = "store_newer"


class MigratingError(StoreError):
    """The store's data is being brought to another version, or was left half-way."""

    code = "store_migrating"


class StoreInUseError(StoreError):
    """Others use the store, and what was asked for needs it alone."""

    code = "store_in_use"


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

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The relay's answer, and the command that it answers."""
        return {
            "permanent": self.permanent,
            "reply": self.reply,
            "enhanced": self.enhanced,
            "command": self.command,
            "text": self.text,
        }


class NotAllowedError(MailerError):
    """An act was asked for that the actor's role, or their token's scopes, do not allow.

    Attributes:
        act: what was asked for.
        right: what it needs; empty: to be a user who has signed in, as it is about oneself.
    """

    code = "not_allowed"

    def __init__(self, act: str, right: str) -> None:
        """Name the act and the right."""
        self.act, self.right = act, right
        if right:
            super().__init__(f"This needs the right {right!r}.", "An owner can give it to you.")
        else:
            super().__init__("This is about oneself.", "Only a user who has signed in can do it.")

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The act and the right that it needs."""
        return {"act": self.act, "right": self.right}


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

    @property
    def facts(self) -> Mapping[str, Fact]:
        """The act that needs the proof."""
        return {"act": self.act}
