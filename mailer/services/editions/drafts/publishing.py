"""Puts drafts into the library, from which campaigns send; and packs them into one file."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import Final

from mailer.domain.drafts.draft import Published
from mailer.errors import InputError
from mailer.services.access.acting import act, tell
from mailer.services.editions import library
from mailer.services.editions.drafts.desk import Desk
from mailer.store.drafts import records
from mailer.store.drafts.records import Open, Write
from mailer.store.editions import Summary

_DAY: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every file in an archive: the same draft makes the same archive."""


@act("drafts.publish", "number", "replaces")
def publish(desk: Desk, number: int, *, replaces: bool = False) -> Summary:
    """Put a draft into the library as an edition, as `mailer editions import` would its folder.

    Campaigns that are drafts or scheduled send it as it is in the library then; those that have
    started keep what they have.

    Args:
        desk: what it works with.
        number: the draft's.
        replaces: whether it may replace an edition of that name that somebody else put there since.

    Raises:
        NotFoundError: there is no such draft.
        StateError: its edition was sent, or it was removed.
        InputError: it cannot be read as an edition, every problem is listed; or the library has
            another edition of that name.
    """
    draft, _, files = records.contents(desk.store, number)
    desk.writable(draft)
    before = draft.published

    def agree(known: Summary | None) -> None:
        ours = known is None or (before is not None and known.digest == before.digest)
        if known is not None and known.slug in desk.archive.all():
            said, remedy = "an edition of that name was sent", "choose another short name"
            raise InputError.of("slug", said, remedy, code="draft.sent")
        if not ours and not replaces:
            said = "the library has another edition of that name, or a newer version"
            raise InputError.of("slug", said, "look at it first", code="draft.replaces")

    summary, _ = library.take(desk.store, desk.settings.topics, files, desk.clock, agree=agree)
    change = desk.change()

    def decide(now: Open) -> Write:
        published = Published(change.at, change.name, summary.slug, summary.digest, draft.edits)
        return Write(replace(now.draft, published=published))

    records.change(desk.store, number, change.at, decide)
    tell(edition=summary.slug, digest=summary.digest)
    return summary


@act("drafts.export")
def archive(desk: Desk, number: int) -> tuple[str, bytes]:
    """Pack a draft as its folder in a zip archive; returns a file's name, and the archive.

    Every file is as it was saved, octet by octet: read again, it is the same draft.

    Raises:
        NotFoundError: there is no such draft.
    """
    draft, _, files = records.contents(desk.store, number)
    name = draft.slug or f"draft-{number}"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as into:
        for path, held in sorted(files.items()):
            about = zipfile.ZipInfo(f"{name}/{path}", _DAY)
            about.compress_type = zipfile.ZIP_DEFLATED
            about.external_attr = 0o644 << 16
            into.writestr(about, held)
    return f"{name}.zip", packed.getvalue()
