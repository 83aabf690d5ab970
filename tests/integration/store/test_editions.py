"""Editions are replaced only as they were seen, whoever else imports at the same moment."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from mailer.store import editions
from mailer.store.editions import Agree, Summary
from mailer.store.server.connection import Store

AT = datetime(2026, 3, 1, tzinfo=UTC)


def save(store: Store, text: bytes, agree: Agree | None = None) -> Summary:
    """Keep a version of an edition."""
    return editions.save(
        store,
        "spring",
        {"en.md": text},
        issued=date(2026, 3, 1),
        season={},
        languages=("en",),
        now=AT,
        agree=agree,
    )


def test_who_agrees_is_shown_what_another_imported_meanwhile(store: Store) -> None:
    """Of two who import at once the second must hear of the first, not overwrite it unseen."""
    seen: list[str] = []
    first = save(store, b"first").digest

    def agree(known: Summary | None) -> None:
        assert known is not None
        seen.append(known.digest)
        if known.digest != first:
            raise LookupError
        save(store, b"second")

    with pytest.raises(LookupError):
        save(store, b"third", agree)
    second = editions.summary_of(store, "spring").digest
    assert seen == [first, second]
    assert editions.files_of(store, "spring", second) == {"en.md": b"second"}
