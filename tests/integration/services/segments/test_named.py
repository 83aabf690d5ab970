"""Segments with names: defined, followed by what speaks of them, and kept while in use."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mailer.clock import SimulatedClock
from mailer.domain.campaigns.campaign import State
from mailer.domain.segments.tokens import RuleError
from mailer.errors import InputError, NotFoundError, StateError
from mailer.services.calendar.forecast import forecast
from mailer.services.operation.tick import Tick
from mailer.services.segments.named import Definition, Segments
from mailer.services.sending.contents import NothingError
from mailer.store import events
from mailer.store.campaigns import audience
from mailer.store.campaigns import records as campaigns
from mailer.store.segments import definitions
from mailer.store.server.connection import Store
from support.service.segment_service import SegmentService


@pytest.fixture
def service(store: Store, tmp_path: Path) -> SegmentService:
    """Four readers: two of the press, one of these in French."""
    service = SegmentService(store, tmp_path)
    service.put(1, tags="press")
    service.put(2, tags="press", language="fr")
    service.put(3, language="fr")
    service.put(4, topics="meetings", tags="press")
    return service


def told(service: SegmentService) -> list[dict[str, str]]:
    """Return the events about segments."""
    return [one for _, one in events.read(service.store) if one["type"].startswith("segment.")]


def test_a_definition_is_kept_in_canonical_form_with_its_version_and_event(
    service: SegmentService,
) -> None:
    """The log says who was meant by a name at any time."""
    assert service.segments.define("press", "TAG:press  and (lang:fr)").version == 1
    assert service.segments.define("press", "tag:press").version == 2
    assert [one.rule for one in service.segments.all()] == ["tag:press"]
    assert [(one["version"], one["rule"]) for one in told(service)] == [
        ("1", "tag:press and lang:fr"),
        ("2", "tag:press"),
    ]


def test_a_definition_that_changes_nothing_is_no_new_version(service: SegmentService) -> None:
    """A script that defines its segments at each run must not fill the log."""
    first = service.segments.define("press", "tag:press")
    assert service.segments.define("press", "(tag:press)") == first
    assert len(told(service)) == 1


@pytest.mark.parametrize("name", ["", "Press", "the press", "bounced", "all", "-x", "x" * 65])
def test_what_cannot_be_a_name_is_refused(service: SegmentService, name: str) -> None:
    """`mailer segments preview bounced` must mean one thing."""
    with pytest.raises(InputError, match="cannot name a segment"):
        service.segments.define(name, "all")


def test_a_segment_cannot_speak_of_itself_by_others(service: SegmentService) -> None:
    """Else a campaign for it could never start."""
    service.segments.define("one", "tag:press")
    service.segments.define("two", "segment:one and lang:fr")
    with pytest.raises(RuleError) as caught:
        service.segments.define("one", "not segment:two")
    assert caught.value.problems[0].code == "segment.circle"
    assert service.segments.get("one").version == 1


def test_a_change_that_would_break_another_segment_is_refused(service: SegmentService) -> None:
    """Whoever changes the small one does not know of the large one."""
    terms = " or ".join(["tag:press"] * 90)
    service.segments.define("part", "tag:press")
    service.segments.define("whole", " or ".join(["segment:part"] * 9))
    with pytest.raises(RuleError) as caught:
        service.segments.define("part", terms)
    problem = caught.value.problems[0]
    assert (problem.place, problem.code) == ("segment whole", "segment.broken")


def test_of_two_who_define_at_once_the_second_decides_again(service: SegmentService) -> None:
    """What was checked against one version is not kept over another."""
    now = service.clock.now()
    assert definitions.define(service.store, "press", "tag:press", now, {})
    assert definitions.define(service.store, "press", "all", now, {}) is None
    assert not definitions.remove(service.store, "press", now, 7)
    assert service.segments.get("press").rule == "tag:press"


def test_a_campaign_follows_its_segment_until_it_begins(service: SegmentService) -> None:
    """It is for those whom the name means when it goes out, and says afterwards who they were."""
    service.segments.define("press", "tag:press")
    campaign = service.campaigns.create("small", "bulletin", rule="segment:press")
    assert forecast(service.store, service.settings, campaign) == {"en": 1, "fr": 1}
    service.segments.define("press", "tag:press and lang:fr")
    started = service.campaigns.send(campaign.number)
    assert (started.planned, started.rule) == (1, "segment:press")
    assert started.resolved == "tag:press and lang:fr"
    service.segments.remove("press")
    assert campaigns.get(service.store, started.number).resolved == "tag:press and lang:fr"


def test_a_rule_never_reaches_beyond_the_topic(service: SegmentService) -> None:
    """Readers agreed to topics; a rule chooses among them, and adds nobody."""
    started = service.started(rule="all")
    assert started.planned == 3


def test_those_who_have_not_had_it_get_it(service: SegmentService) -> None:
    """By the number of a campaign or by the edition, and nobody gets it twice (law 1)."""
    first = service.started(rule="lang:fr")
    assert first.planned == 2
    assert service.started(rule=f"not had:{first.number}").planned == 1
    with pytest.raises(NothingError, match="nobody fits not had:small"):
        service.started(rule="not had:small")


def test_a_campaign_that_asks_what_was_had_is_frozen_anew_if_another_begins(
    service: SegmentService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the others and the start, another could reach the same readers (law 1)."""
    other = service.campaigns.create("small", "bulletin", rule="lang:fr")
    freeze, late = audience.freeze, [other.number]

    def overtaken(*given: object) -> int:
        found = freeze(*given)  # type: ignore[arg-type]  # passed on
        if late:
            service.campaigns.send(late.pop())
        return found

    monkeypatch.setattr(audience, "freeze", overtaken)
    assert service.started(rule="not had:small").planned == 1


@pytest.mark.parametrize("scheduled", [True, False])
def test_a_segment_in_use_is_neither_removed_nor_renamed(
    service: SegmentService, scheduled: bool
) -> None:
    """A scheduled campaign would come due, and nobody could tell whom it is for."""
    service.segments.define("press", "tag:press")
    campaign = service.campaigns.create("small", "bulletin", rule="segment:press and lang:fr")
    if scheduled:
        service.campaigns.schedule(campaign.number, datetime(2023, 5, 1, 9), "UTC")  # noqa: DTZ001 - local
    for action in (
        lambda: service.segments.remove("press"),
        lambda: service.segments.rename("press", "papers"),
    ):
        with pytest.raises(StateError, match=f"used by campaign {campaign.number}"):
            action()
    service.campaigns.cancel(campaign.number)
    assert service.segments.rename("press", "papers").rule == "tag:press"
    service.segments.remove("papers")
    assert service.segments.all() == []
    with pytest.raises(NotFoundError):
        service.segments.remove("papers")


def test_a_segment_of_which_another_speaks_stays(service: SegmentService) -> None:
    """The other would mean nothing any more."""
    service.segments.define("press", "tag:press")
    service.segments.define("french", "segment:press and lang:fr")
    with pytest.raises(StateError, match="used by segment french"):
        service.segments.remove("press")


def test_a_scheduled_campaign_whose_rule_means_nothing_any_more_is_held(
    service: SegmentService,
) -> None:
    """It waits for a person, and says why (law 12); it does not go to everybody."""
    service.segments.define("press", "tag:press")
    campaign = service.campaigns.create("small", "bulletin", rule="segment:press")
    service.campaigns.schedule(campaign.number, datetime(2023, 5, 1, 9), "UTC")  # noqa: DTZ001 - local
    service.store.redis.delete("mailer:segments")
    service.clock.advance(timedelta(days=19, hours=2))
    Tick(service.store, service.settings, service.clock).start_due()
    held = campaigns.get(service.store, campaign.number)
    assert held.state is State.HELD
    assert 'no segment "press"' in held.reason


def test_a_rule_of_what_does_not_exist_makes_no_campaign(service: SegmentService) -> None:
    """It would have nobody, and nobody would know why."""
    with pytest.raises(RuleError, match='did you mean "press"'):
        service.campaigns.create("small", "bulletin", rule="tag:prss")
    assert campaigns.last_number(service.store) == 0


def test_who_agrees_is_shown_what_another_wrote_meanwhile(
    service: SegmentService,
) -> None:
    """A rule that was changed between the look and the change must not be overwritten unseen."""
    segments = service.segments
    segments.define("press", "tag:press")
    seen: list[int] = []

    def agree(known: Definition | None) -> None:
        assert known is not None
        seen.append(known.version)
        if known.version > 1:
            raise LookupError
        segments.define("press", "lang:fr")

    with pytest.raises(LookupError):
        segments.define("press", "not tag:press", agree)
    assert seen == [1, 2]
    assert segments.get("press").rule == "lang:fr"
    with pytest.raises(LookupError):
        segments.remove("press", agree)
    assert segments.get("press").version == 2


def test_two_segments_that_are_defined_at_once_never_speak_of_one_another(
    service: SegmentService,
) -> None:
    """Each was fine beside the other as it was before; together they would mean nothing."""
    segments = service.segments
    segments.define("one", "tag:press")
    segments.define("two", "tag:press")

    class Meanwhile(SimulatedClock):
        def now(self) -> datetime:
            if segments.get("two").version == 1:
                segments.define("two", "segment:one")
            return super().now()

    late = Segments(service.store, service.settings, Meanwhile(service.clock.now()))
    with pytest.raises(RuleError):
        late.define("one", "segment:two")
    assert segments.get("one").rule == "tag:press"
