"""A draft changes until it is sent; what was approved of it before is void then."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailer.domain.access.approval import Lack
from mailer.domain.campaigns.campaign import State
from mailer.errors import InputError, NotFoundError, StateError
from mailer.services.campaigns.approving import Approvals
from mailer.services.campaigns.drafting import Change, Drafts, last_test
from mailer.services.campaigns.prospect import prospect
from mailer.store import events
from mailer.store.server.connection import Store
from support.service.small_campaign import SmallService, settings_for

NINE = datetime.fromisoformat("2023-04-13T09:00")


@pytest.fixture
def service(store: Store, tmp_path: Path) -> SmallService:
    """A service with two readers, one of them French, and a draft for both."""
    settings = settings_for(tmp_path, approval_for=["bulletin"])
    service = SmallService(store, settings)
    service.subscribe("ana@example.org")
    service.subscribe("eva@example.org", language="fr")
    service.campaigns.create("small", "bulletin")
    return service


def drafts(service: SmallService) -> Drafts:
    """Return the use cases."""
    return Drafts(service.store, service.settings, service.clock)


def test_other_readers_and_another_time_are_kept_with_the_draft(service: SmallService) -> None:
    """Whoever goes on tomorrow, or another person, finds it as it was left."""
    changed = drafts(service).change(
        1, Change(rule="lang:fr", not_yet=True, at=NINE, zone="Europe/Zurich")
    )
    assert changed == service.campaigns.find(1)
    assert (changed.rule, changed.not_yet, changed.wanted_zone) == (
        "lang:fr",
        True,
        "Europe/Zurich",
    )
    assert changed.wanted_at == datetime(2023, 4, 13, 7, 0, tzinfo=UTC)
    assert changed.state is State.DRAFT
    assert prospect(service.store, service.settings, changed).planned == {"fr": 1}
    again = drafts(service).change(1, Change(rule="", not_yet=False, at_once=True))
    assert (again.rule, again.not_yet, again.wanted_at, again.wanted_zone) == ("", False, None, "")


def test_a_change_is_told_once_and_none_is_not(service: SmallService) -> None:
    """The log tells what changed, not that somebody pressed a button."""
    for _ in range(2):
        drafts(service).change(1, Change(topic="bulletin", rule="lang:fr"))
    told = [one for _, one in events.read(service.store) if one["type"] == "campaign.changed"]
    assert [one["fields"] for one in told] == ["rule"]


def test_a_consent_is_void_once_the_readers_are_others(service: SmallService) -> None:
    """A second person agreed to something else."""
    approvals = Approvals(service.store, service.settings, service.clock)
    approvals.propose(1)
    assert approvals.standing(service.campaigns.find(1)).lack is Lack.NOT_APPROVED
    drafts(service).change(1, Change(rule="lang:fr"))
    with pytest.raises(StateError):
        service.campaigns.send(1)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (Change(topic="nothing"), InputError),
        (Change(edition="nothing"), NotFoundError),
        (Change(rule="lang:"), InputError),
        (Change(at=datetime.fromisoformat("2020-01-01T00:00"), zone="UTC"), InputError),
        (Change(at=NINE, zone="Mars/Base"), InputError),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    service: SmallService, change: Change, error: type[Exception]
) -> None:
    """Half a change would be a draft that nobody made."""
    before = service.campaigns.find(1)
    with pytest.raises(error):
        drafts(service).change(1, change)
    assert service.campaigns.find(1) == before


def test_only_a_draft_changes(store: Store, tmp_path: Path) -> None:
    """What goes out is what was frozen."""
    service = SmallService(store, settings_for(tmp_path))
    service.subscribe("ana@example.org")
    number = service.started().number
    with pytest.raises(StateError):
        drafts(service).change(number, Change(rule="lang:fr"))
    assert last_test(service.campaigns.find(number)) is None
