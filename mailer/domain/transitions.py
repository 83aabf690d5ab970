"""Tables of transitions: what can happen to a thing in each of its states, and where it leads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from mailer.errors import StateError

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)


class Move(NamedTuple, Generic[S]):
    """One row of a table: the state that follows, and why the row is there."""

    to: S
    reason: str


class Transitions(Mapping[tuple[S, A], Move[S]]):
    """The rows of a table by state and action, and what to say of a pair that has none."""

    def __init__(
        self,
        kind: str,
        rows: Mapping[tuple[S, A], tuple[S, str]],
        *,
        remedies: Mapping[tuple[S, A], str] | None = None,
        said: Mapping[S, str] | None = None,
    ) -> None:
        """Take the rows.

        Args:
            kind: the kind of thing, as errors name it: `campaign`.
            rows: by state and action, the state that follows and why the row is there.
            remedies: what to do instead, for pairs without a row.
            said: states that are called otherwise in a sentence than by their value.
        """
        self._kind = kind
        self._rows = {pair: Move(*row) for pair, row in rows.items()}
        self.remedies = dict(remedies or {})
        self._said = dict(said or {})

    def __getitem__(self, pair: tuple[S, A]) -> Move[S]:
        return self._rows[pair]

    def __iter__(self) -> Iterator[tuple[S, A]]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def follow(self, state: S, action: A, name: str | int = "") -> Move[S]:
        """Return the row of a state and an action.

        Args:
            state: where the thing stands.
            action: what is to happen to it.
            name: which of its kind it is, for an error; empty where that is plain.

        Raises:
            StateError: there is no such row; the caller asked for something that does not fit.
        """
        move = self._rows.get((state, action))
        if move is None:
            remedy = self.remedies.get((state, action), "")
            said = self._said.get(state, "")
            raise StateError(self._kind, str(name), state.value, action.value, remedy, said=said)
        return move

    def ways(self, action: A) -> dict[S, S]:
        """Tell, for each state that an action fits, the one that follows."""
        return {before: move.to for (before, which), move in self.items() if which is action}
