"""What the buttons of a campaign do: change, test, approve, let go, stop, and what comes after."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from mailer.domain.campaigns.campaign import NOT_BEGUN, Campaign, State
from mailer.domain.campaigns.size import Expected
from mailer.errors import InputError, NotFoundError, Problem, StateError
from mailer.services.access.acting import allowed
from mailer.services.campaigns.again import Again, Resolution
from mailer.services.campaigns.approving import ApprovalNeededError, Approvals
from mailer.services.campaigns.drafting import Change, Drafts
from mailer.services.campaigns.lifecycle import Campaigns
from mailer.services.campaigns.prospect import errors_of, findings
from mailer.services.campaigns.sizes import OtherSizeError
from mailer.services.campaigns.speed import set_speed
from mailer.services.campaigns.trial import Trials
from mailer.services.segments.rules import together
from mailer.services.sending.contents import NothingError
from mailer.web.console.campaigns.guided import SEGMENT, Typed, guided_page, local_of
from mailer.web.console.campaigns.wording import Wording
from mailer.web.console.notices import Notice
from mailer.web.console.route import ConsoleRoute, Here, SignedIn, Visit, lead
from mailer.web.console.wrong import wrong

PATH = "/console/campaigns"
_ONE = PATH + "/{number:int}"
_SAY = "console_campaigns.say"

router = APIRouter(route_class=ConsoleRoute)


def use_of(visit: Visit) -> Campaigns:
    """Return the use cases around campaigns."""
    return Campaigns(visit.site.store, visit.site.settings, visit.site.clock)


@router.post(_ONE + "/what")
def what(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Send another edition."""
    return _change(request, visit, number, "what", Change(edition=visit.fields.one("edition")))


@router.post(_ONE + "/who")
def who(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Send it to other readers."""
    fields = visit.fields
    segment, rule = fields.one("segment"), fields.one("rule")
    try:
        whole = together(f"{SEGMENT}{segment}" if segment else "", rule)
    except InputError as error:
        return _refused(request, visit, number, "who", error)
    wanted = Change(topic=fields.one("topic"), rule=whole, not_yet=bool(fields.one("not_yet")))
    return _change(request, visit, number, "who", wanted)


@router.post(_ONE + "/when")
def when(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Keep when it is to go out; of one that is scheduled, move it."""
    fields, zone = visit.fields, visit.site.settings.time_zone
    chosen = fields.one("when")
    if chosen == "now":
        return _change(request, visit, number, "when", Change(at_once=True))
    date, _sign, clock = chosen.partition("T")
    if chosen == "other":
        date, clock = fields.one("date"), fields.one("clock")
    try:
        local = local_of(date, clock)
    except ValueError:
        said = "the day and the time are not both given"
        error = InputError([Problem("date", said, "give both", code="missing")])
        return _refused(request, visit, number, "when", error)
    use = use_of(visit)
    campaign = use.find(number)
    if campaign.state is not State.SCHEDULED:
        return _change(request, visit, number, "when", Change(at=local, zone=zone))
    try:
        moved = use.schedule(number, local, zone, expected=_expected(visit))
    except InputError as error:
        return _refused(request, visit, number, "when", error)
    except (OtherSizeError, ApprovalNeededError, NothingError) as error:
        return _not_now(request, visit, number, error)
    return lead(visit, f"{PATH}/{number}", _will_start(visit, moved))


@router.post(_ONE + "/test")
def test(request: Request, visit: Here, signed: SignedIn, number: int) -> Response:
    """Send a test in all languages to the user."""
    site, address = visit.site, signed.user.address
    try:
        sent = Trials(site.store, site.settings, site.clock).send(number, address)
    except InputError as error:
        return _refused(request, visit, number, "test", error)
    failed = sum(not one.accepted for one in sent)
    number_of = failed or len(sent)
    key = "console_campaigns.test.failed" if failed else "console_campaigns.test.sent"
    values = {"address": address, "count": visit.shown.number(number_of)}
    told = Notice(key, values, kind="alert" if failed else "good", number=number_of)
    return lead(visit, f"{PATH}/{number}?step={'test' if failed else 'approve'}", told)


@router.post(_ONE + "/propose")
def propose(visit: Here, _: SignedIn, number: int) -> Response:
    """Propose it to a second person, for the time that it is meant for."""
    campaign = use_of(visit).find(number)
    at = campaign.scheduled_at if campaign.state is State.SCHEDULED else campaign.wanted_at
    _approvals(visit).propose(number, at)
    return lead(visit, f"{PATH}/{number}?step=approve", Notice(f"{_SAY}.proposed"))


@router.post(_ONE + "/approve")
def approve(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Consent, as a second person, to exactly what was shown."""
    try:
        _approvals(visit).approve(number, visit.fields.one("terms"))
    except ApprovalNeededError as error:
        return _not_now(request, visit, number, error)
    return lead(visit, f"{PATH}/{number}?step=approve", Notice(f"{_SAY}.approved"))


@router.post(_ONE + "/withdraw")
def withdraw(visit: Here, _: SignedIn, number: int) -> Response:
    """Take the proposal back."""
    _approvals(visit).withdraw(number)
    return lead(visit, f"{PATH}/{number}?step=approve", Notice(f"{_SAY}.withdrawn"))


@router.post(_ONE + "/send")
def send(request: Request, visit: Here, _: SignedIn, number: int) -> Response:
    """Let it go: at its time, or now. Pressed twice, it is sent once."""
    allowed("campaigns.send")
    site, use = visit.site, use_of(visit)
    campaign = use.find(number)
    if campaign.state not in NOT_BEGUN:
        return lead(visit, f"{PATH}/{number}")
    if not visit.fields.one("force") and errors_of(findings(site.store, site.settings, campaign)):
        said = Wording(visit).say(f"{_SAY}.errors")
        typed = Typed({"errors": "yes"}, said=said, status=422)
        return guided_page(request, visit, campaign, "approve", typed)
    try:
        told = _let_go(visit, campaign)
    except InputError as error:
        return _refused(request, visit, number, "when", error)
    except (OtherSizeError, ApprovalNeededError, NothingError) as error:
        return _not_now(request, visit, number, error)
    except StateError:
        if use.find(number).state in NOT_BEGUN:
            raise
        told = None  # somebody was faster
    return lead(visit, f"{PATH}/{number}", told)


def _let_go(visit: Visit, campaign: Campaign) -> Notice:
    """Send it now, or let it start at the time that it is meant for."""
    use, at = use_of(visit), campaign.wanted_at
    now = bool(visit.fields.one("now")) or campaign.state is State.SCHEDULED
    if at is None or now:
        use.send(campaign.number, expected=_expected(visit))
        return Notice(f"{_SAY}.sending")
    moved = use.schedule(campaign.number, at, campaign.wanted_zone, expected=_expected(visit))
    return _will_start(visit, moved)


@router.post(_ONE + "/pause")
def pause(visit: Here, _: SignedIn, number: int) -> Response:
    """Stop it for a while."""
    use_of(visit).pause(number)
    return lead(visit, f"{PATH}/{number}", Notice(f"{_SAY}.paused"))


@router.post(_ONE + "/resume")
def resume(visit: Here, _: SignedIn, number: int) -> Response:
    """Let it go on where it stopped; pressed twice, it does once."""
    if use_of(visit).find(number).state is State.SENDING:
        return lead(visit, f"{PATH}/{number}")
    try:
        use_of(visit).resume(number, _expected(visit))
    except OtherSizeError as error:
        return lead(visit, f"{PATH}/{number}", _other_size(visit, error))
    return lead(visit, f"{PATH}/{number}", Notice(f"{_SAY}.resumed"))


@router.post(_ONE + "/cancel")
def cancel(visit: Here, _: SignedIn, number: int) -> Response:
    """End it for good."""
    use_of(visit).cancel(number)
    return lead(visit, f"{PATH}/{number}", Notice(f"{_SAY}.cancelled", kind="warn"))


@router.post(_ONE + "/speed")
def speed(visit: Here, _: SignedIn, number: int) -> Response:
    """Give it a speed of its own, or none."""
    fields, site = visit.fields, visit.site
    count = "".join(one for one in fields.one("count") if one.isdecimal())[:12]
    units = {"second": "a second", "minute": "a minute", "hour": "an hour"}
    words = f"{count} {units.get(fields.one('per'), 'a minute')}" if count else ""
    try:
        campaign = set_speed(site.store, site.clock, number, "" if fields.one("none") else words)
    except InputError:
        return lead(visit, f"{PATH}/{number}")
    key = "speed_set" if campaign.speed else "speed_none"
    said = Wording(visit).pace(campaign.speed)
    return lead(visit, f"{PATH}/{number}", Notice(f"{_SAY}.{key}", {"speed": said}))


@router.post(_ONE + "/retry")
def retry(visit: Here, _: SignedIn, number: int) -> Response:
    """Try those again whom a relay refused for a reason that may be over."""
    try:
        count = _again(visit).retry(number, _expected(visit))
    except OtherSizeError as error:
        return lead(visit, f"{PATH}/{number}/report", _other_size(visit, error))
    return lead(visit, f"{PATH}/{number}", _counted(visit, "retried", count))


@router.post(_ONE + "/resolve")
def resolve(visit: Here, _: SignedIn, number: int) -> Response:
    """Decide about those of whom nobody knows."""
    again = visit.fields.one("how") == Resolution.AGAIN
    decided = Resolution.AGAIN if again else Resolution.SENT
    try:
        count = _again(visit).resolve(number, decided, _expected(visit))
    except OtherSizeError as error:
        return lead(visit, f"{PATH}/{number}/report", _other_size(visit, error))
    key, there = ("retried", "") if again else ("believed", "/report")
    return lead(visit, f"{PATH}/{number}{there}", _counted(visit, key, count))


@router.post(_ONE + "/repeat")
def repeat(visit: Here, _: SignedIn, number: int) -> Response:
    """Make a draft for those whom it missed."""
    made = _again(visit).make_for_missed(number)
    told = Notice(f"{_SAY}.repeated", {"number": number})
    return lead(visit, f"{PATH}/{made.number}?step=approve", told)


def _again(visit: Visit) -> Again:
    return Again(visit.site.store, visit.site.settings, visit.site.clock)


def _approvals(visit: Visit) -> Approvals:
    return Approvals(visit.site.store, visit.site.settings, visit.site.clock)


def _expected(visit: Visit) -> Expected:
    """Return the number that stood on the button; none is no number that anybody saw."""
    told = visit.fields.one("readers")
    return Expected(int(told) if told.isdecimal() and len(told) < 16 else -1)


def _counted(visit: Visit, key: str, count: int) -> Notice:
    values = {"count": visit.shown.number(count)}
    return Notice(f"console_campaigns.{key}", values, number=count)


def _other_size(visit: Visit, error: OtherSizeError) -> Notice:
    said = str(Wording(visit).readers(error.readers))
    return Notice(f"{_SAY}.other_size", {"readers": said}, kind="warn")


def _will_start(visit: Visit, campaign: Campaign) -> Notice:
    at = campaign.scheduled_at
    said = Wording(visit).moment(at, campaign.zone) if at else ""
    return Notice(f"{_SAY}.will_start", {"when": said})


def _change(request: Request, visit: Visit, number: int, step: str, wanted: Change) -> Response:
    site = visit.site
    try:
        Drafts(site.store, site.settings, site.clock).change(number, wanted)
    except InputError as error:
        return _refused(request, visit, number, step, error)
    except NotFoundError as error:
        if step != "what":
            raise
        missing = InputError([Problem("edition", str(error), code="missing")])
        return _refused(request, visit, number, step, missing)
    following = {"what": "who", "who": "when", "when": "test"}[step]
    return lead(visit, f"{PATH}/{number}?step={following}")


def _refused(request: Request, visit: Visit, number: int, step: str, error: InputError) -> Response:
    """Show the step again, with what was typed and what is wrong with it."""
    campaign = use_of(visit).find(number)
    fields = {"who": ("rule", "topic"), "when": ("date",)}.get(step, ("",))
    places = {one.place: fields[0] for one in error.problems if one.place not in fields}
    problems = wrong(visit.site.say(visit.language), error, places)
    typed = Typed(dict(visit.fields.items()), problems, status=422)
    return guided_page(request, visit, campaign, step, typed)


def _not_now(
    request: Request,
    visit: Visit,
    number: int,
    error: OtherSizeError | ApprovalNeededError | NothingError,
) -> Response:
    """Show the last step again, with what has changed meanwhile."""
    word = Wording(visit)
    if isinstance(error, OtherSizeError):
        said = word.say(f"{_SAY}.other_size", readers=word.readers(error.readers))
    elif isinstance(error, ApprovalNeededError):
        said = word.say(f"console_campaigns.approval.lack.{error.lack}")
    else:
        said = word.say(f"{_SAY}.nobody")
    typed = Typed(said=said, status=409)
    return guided_page(request, visit, use_of(visit).find(number), "approve", typed)
