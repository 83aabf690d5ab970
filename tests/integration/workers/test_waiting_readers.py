"""The scheduler's job tells the secretariat of the readers who wait for its yes."""

from __future__ import annotations

from pathlib import Path

from mailer.store import outbox
from mailer.store.server.connection import Store
from mailer.workers import jobs, runtime
from support.service.mail_service import MailService

OWNER = "office@example.org"


def test_two_ticks_tell_the_secretariat_once(store: Store, data_dir: Path) -> None:
    """The scheduler's job looks every two seconds; a mail goes out once a day."""
    topics = {"bulletin": {}, "press": {"moderated": True}}
    service = MailService(
        store, data_dir, topics=topics, owner_address=OWNER, redis_url=store.address
    )
    service.subscribed(to="subscribe+press")
    own = runtime.start(service.settings)
    try:
        jobs.upkeep()
        jobs.upkeep()
    finally:
        own.close()
    assert service.queued().count("waiting") == 1
    number = 1 + service.queued().index("waiting")
    mail = outbox.get(store, number)
    assert mail is not None
    assert mail.to == OWNER
    assert mail.facts == {"waiting": "press:1"}
