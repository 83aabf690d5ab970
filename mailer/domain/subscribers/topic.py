"""What readers can subscribe to: the topics of one installation, and their words for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

EVERY: Final = ""
"""Stands where a language's code does: the text is the same in every language."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing to subscribe to. Each text is by language; `EVERY` is for those not named."""

    id: str
    """In files, commands and addresses: small letters, digits and hyphens."""
    names: Mapping[str, str] = field(default_factory=dict)
    """As it labels a choice."""
    shorts: Mapping[str, str] = field(default_factory=dict)
    """As it stands within a sentence."""
    descriptions: Mapping[str, str] = field(default_factory=dict)
    preselected: bool = False
    """True if the form to subscribe has it ticked already."""
    visible: bool = True
    """False: only the secretariat puts readers on it, and only they and it see it."""
    moderated: bool = False
    """True: a reader who asks for it waits until the secretariat says yes."""

    def name(self, language: str, fallback: Sequence[str] = ()) -> str:
        """Name it as a choice; its id if it has no name at all.

        Args:
            language: the reader's.
            fallback: which languages stand in, in order, where the reader's has no name.
        """
        return _chosen(self.names, language, fallback) or self.id

    def short(self, language: str, fallback: Sequence[str] = ()) -> str:
        """Name it within a sentence; by its name as a choice where there is no other."""
        return _chosen(self.shorts, language, fallback) or self.name(language, fallback)

    def description(self, language: str, fallback: Sequence[str] = ()) -> str:
        """Say what it holds; empty if nothing is said."""
        return _chosen(self.descriptions, language, fallback)

    def with_words(self, others: Topic) -> Topic:
        """Take from others the texts for languages that this one says nothing in."""
        # Another's short form must not stand beside a name of our own.
        shorts = self.shorts if EVERY in self.shorts else {**self.names, **self.shorts}
        return replace(
            self,
            names=_filled(self.names, others.names),
            shorts=_filled(shorts, others.shorts),
            descriptions=_filled(self.descriptions, others.descriptions),
        )


class Topics(Mapping[str, Topic]):
    """All topics by id, in the order in which people see them; at least one is visible."""

    __slots__ = ("_by_id", "default")

    def __init__(self, topics: Iterable[Topic], default: str = "") -> None:
        """Gather topics.

        Args:
            topics: in order, each id once.
            default: id of the one that whoever names none subscribes to; empty: the first that
                is visible.

        Raises:
            ValueError: none is visible, or the default is not one of the visible.
        """
        self._by_id = {topic.id: topic for topic in topics}
        visible = self.visible
        if not visible or (default and default not in visible):
            raise ValueError("the default topic must be one of the visible topics")
        self.default: Final = default or visible[0]

    @classmethod
    def of(cls, *ids: str) -> Topics:
        """Make topics that have nothing but an id."""
        return cls(Topic(one) for one in ids)

    def __getitem__(self, topic: str) -> Topic:
        return self._by_id[topic]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def __eq__(self, other: object) -> bool:
        """Tell whether all is the same, and in the same order."""
        if not isinstance(other, Topics):
            return NotImplemented
        alike = [*self.values()] == [*other.values()]
        return alike and self.default == other.default

    def __hash__(self) -> int:
        return hash((*self, self.default))

    def __repr__(self) -> str:
        return f"Topics({[*self.values()]!r}, default={self.default!r})"

    @property
    def visible(self) -> tuple[str, ...]:
        """Ids of those that anybody may see and choose, in order."""
        return tuple(one.id for one in self.values() if one.visible)

    @property
    def preselected(self) -> tuple[str, ...]:
        """Ids of those that the form to subscribe has ticked, in order."""
        return tuple(one.id for one in self.values() if one.visible and one.preselected)

    @property
    def moderated(self) -> frozenset[str]:
        """Ids of those that readers get only with the secretariat's yes."""
        return frozenset(one.id for one in self.values() if one.moderated)

    def shown_to(self, chosen: Iterable[str]) -> tuple[str, ...]:
        """List, in order, what a reader sees: the visible ones, and any that the reader has.

        Args:
            chosen: ids of the reader's topics; those not known here are left out.
        """
        own = set(chosen)
        return tuple(one.id for one in self.values() if one.visible or one.id in own)

    def is_public(self, concerned: Iterable[str]) -> bool:
        """Tell whether everybody may see what is for subscribers to these topics.

        One visible topic among them is enough. An id that is not known here was a topic once,
        and hides nothing.
        """
        ids = [*concerned]
        return not ids or any(one not in self or self[one].visible for one in ids)

    def name(self, topic: str, language: str, fallback: Sequence[str] = ()) -> str:
        """Name a topic as a choice; one that is not known (any more) by its id."""
        return self._one(topic).name(language, fallback)

    def short(self, topic: str, language: str, fallback: Sequence[str] = ()) -> str:
        """Name a topic within a sentence; one that is not known (any more) by its id."""
        return self._one(topic).short(language, fallback)

    def description(self, topic: str, language: str, fallback: Sequence[str] = ()) -> str:
        """Say what a topic holds; empty if nothing is said."""
        return self._one(topic).description(language, fallback)

    def with_words(self, words: Callable[[str], Topic]) -> Topics:
        """Fill in texts for languages that the settings say nothing in.

        Args:
            words: finds by a topic's id what is said of it elsewhere.
        """
        return Topics((one.with_words(words(one.id)) for one in self.values()), self.default)

    def written(self) -> list[str] | dict[str, dict[str, Any]]:
        """Write them as the settings do: as ids if there is no more to say, else as tables."""
        tables = {one.id: _table(one) for one in self.values()}
        if self.default != self.visible[0]:
            tables[self.default]["default"] = True
        return tables if any(tables.values()) else [*tables]

    def _one(self, topic: str) -> Topic:
        return self._by_id.get(topic) or Topic(topic)


def _chosen(texts: Mapping[str, str], language: str, fallback: Sequence[str]) -> str:
    """Choose the text for a language; any rather than none, empty if there is none."""
    order = (language, language.partition("-")[0], EVERY, *fallback, *texts)
    return next((texts[code] for code in order if code in texts), "")


def _filled(own: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    """Add texts in languages that have none; a main language's text serves its regions too."""
    if EVERY in own:
        return dict(own)
    missing = {
        code: text
        for code, text in others.items()
        if code not in own and code.partition("-")[0] not in own
    }
    return {**own, **missing}


def _table(topic: Topic) -> dict[str, Any]:
    texts = (
        ("name", topic.names),
        ("short", topic.shorts),
        ("description", topic.descriptions),
    )
    table: dict[str, Any] = {
        key: said[EVERY] if list(said) == [EVERY] else dict(said) for key, said in texts if said
    }
    if topic.preselected:
        table["preselected"] = True
    if not topic.visible:
        table["visible"] = False
    if topic.moderated:
        table["moderated"] = True
    return table
