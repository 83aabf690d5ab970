"""Moderated topics: readers confirm, wait, and get the topic only with the secretariat's yes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.clock import SimulatedClock
from mailer.config import secret_key
from mailer.domain.access.token import Signer, suppression_hash
from mailer.domain.events import Event
from mailer.domain.subscribers.address import key_of, parse_address
from mailer.domain.subscribers.bearer import Bearer, Leave, sign_standing
from mailer.domain.subscribers.command import Verb
from mailer.domain.subscribers.moderation import DECLINED_FOR
from mailer.domain.subscribers.subscriber import Action, Status, Subscriber
from mailer.domain.subscribers.subscribing import Choice, Facts, Proof, mark
from mailer.errors import InputError, NotFoundError
from mailer.services.subscriptions import subscribers as vouched
from mailer.services.subscriptions.asking import Wish
from mailer.services.subscriptions.details import Details, change_details
from mailer.services.subscriptions.membership import Choices, Membership
from mailer.services.subscriptions.moderation import Moderation, NotWaitingError
from mailer.services.subscriptions.own_data import own_data
from mailer.services.subscriptions.steps import BY_WEB, Came, Case, Steps
from mailer.store import keys
from mailer.store.fields import SubscriberField
from mailer.store.server.connection import Store
from mailer.store.subscribers import bounces, decided, requests
from mailer.store.subscribers import records as subscribers
from mailer.store.subscribers.bounces import Report
from mailer.store.subscribers.decided import Decided
from support.service.mail_service import MailService, text_of

OWNER = "office@example.org"
TOPICS: dict[str, Any] = {
    "bulletin": {"default": True},
    "press": {
        "name": {"en": "Press releases", "fr": "Communiqués", "es": "Notas"},
        "short": {"en": "press releases", "fr": "communiqués", "es": "notas de prensa"},
        "moderated": True,
    },
    "papers": {"name": "The papers", "moderated": True},
}
PROVEN = (
    "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=x;"
    " dkim=pass (good) header.d=example.org header.s=k\n"
)


class Moderated(MailService):
    """The way by mail, and by what links do, with topics of which two are moderated."""

    def __init__(self, store: Store, data_dir: Path, **others: Any) -> None:
        usual: dict[str, Any] = {"owner_address": OWNER, "topics": TOPICS}
        usual |= {"authentication_server": "mx.example.org"}
        super().__init__(store, data_dir, **(usual | others))
        self.moderation = Moderation(store, self.settings, self.clock)
        self.membership = Membership(store, self.settings, self.clock)

        self.steps = Steps(store, self.settings, self.clock, secret_key(self.settings))

    def case(self, one: Subscriber) -> Case:
        """Return a reader's wish for press releases, on the page, as things were when it was read."""
        owner = parse_address(one.address)
        return Case(
            came=Came(BY_WEB),
            wish=Wish(Verb.SUBSCRIBE, topics=("bulletin", "press")),
            owner=owner,
            elsewhere=False,
            member=one,
            asked=None,
            facts=Facts(verb=Verb.SUBSCRIBE, status=one.status, proof=Proof.NONE),
            hashed=suppression_hash(secret_key(self.settings), owner.key),
            language=one.language,
        )

    def reader(self, address: str = "ana@example.org") -> Subscriber:
        """Return what is known of a reader who is there."""
        found = self.who(address)
        assert found is not None
        return found

    def waiting(self, topic: str = "") -> list[tuple[str, str]]:
        """Return who waits, and for what."""
        return [(one.subscriber.address, one.topic) for one in self.moderation.waiting(topic)]

    def waits(self, *, to: str = "subscribe+press", **fields: Any) -> Subscriber:
        """Have a reader ask for a moderated topic and confirm."""
        self.subscribed(to=to, **fields)
        return self.reader(fields.get("author", "ana@example.org"))

    def choose(self, *topics: str) -> bool:
        """Choose topics on the page."""
        one = self.reader()
        return self.membership.choose(one, Choices(one.language, topics, one.name, None))

    def to_reader(self, name: str) -> int:
        """Count the mails of that name that were queued."""
        return self.queued().count(name)

    def check(self) -> None:
        """Make sure that hashes, lists and bitmaps say the same of every reader."""
        last = subscribers.last_number(self.store)
        for topic in TOPICS:
            listed = {
                int(one) for one in self.store.redis.zrange(keys.waiting_for_topic(topic), 0, -1)
            }
            on, waits = set(), set()
            for number in range(1, last + 1):
                found = subscribers.get(self.store, number)
                if found and topic in found.waits_for:
                    waits.add(number)
                    assert found.status in {Status.ACTIVE, Status.SUSPENDED}
                if found and topic in found.topics:
                    on.add(number)
            assert listed == waits
            bits = {
                n for n in range(1, last + 1) if self.store.redis.getbit(keys.topic_bits(topic), n)
            }
            assert bits == on
            assert not on & waits


@pytest.fixture
def service(store: Store, data_dir: Path) -> Moderated:
    """A service with moderated topics, and a secretariat that can be told."""
    return Moderated(store, data_dir)


def test_what_is_moderated_waits_and_the_rest_is_on_at_once(service: Moderated) -> None:
    """The reader has confirmed; only the secretariat's part is still open."""
    service.member("eva@example.org")
    service.get(
        service.own(), author="eva@example.org", subject="topics bulletin press", header=PROVEN
    )
    found = service.reader("eva@example.org")
    assert (found.topics, found.waits_for) == (("bulletin",), ("press",))
    assert service.waiting() == [("eva@example.org", "press")]
    service.check()


def test_nobody_waits_before_they_confirm(service: Moderated) -> None:
    """A stranger's request is nothing for the secretariat to decide on (law 13)."""
    mail = service.asked(to="subscribe+press")
    assert "The secretariat decides on this, once you have confirmed: press releases." in flat(mail)
    assert service.waiting() == []
    assert service.reader().topics == ()
    assert not service.moderation.remind()
    service.reply(mail)
    assert service.waiting() == [("ana@example.org", "press")]
    assert service.reader().topics == ()
    assert "subscription.waiting" in service.types()
    service.check()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("en", "Waiting for the secretariat’s yes: press releases."),
        ("fr", "En attente de l’accord du secrétariat\u00a0: communiqués."),
        ("es", "A la espera del visto bueno de la secretaría: notas de prensa."),
    ],
)
def test_the_welcome_says_what_waits_in_the_reader_s_language(
    service: Moderated, code: str, said: str
) -> None:
    """A reader must not wonder why nothing comes."""
    assert said in flat(service.subscribed(to=f"press-subscribe+{code}"))
    assert service.reader().language == code


def test_the_status_tells_what_waits_and_how_to_withdraw_it(service: Moderated) -> None:
    """By mail alone, for those who have no web."""
    service.member()
    service.choose("bulletin", "press")
    service.get(service.own(), subject="status")
    text = flat(service.sent()[-1])
    assert "You receive: the bulletin, in English." in text
    assert "Waiting for the secretariat’s yes: press releases." in text
    assert "No longer ask for: press releases" in text
    assert "Ask the secretariat for: The papers" in text
    service.moderation.decline(service.reader().number, "press")
    service.clock.advance(timedelta(days=1))
    service.get(service.own(), subject="status")
    text = flat(service.sent()[-1])
    assert "The secretariat has said no to this of late: press releases." in text
    assert "for: press releases" not in text


def test_the_welcome_of_one_who_only_waits_does_not_name_what_is_not_sent(
    service: Moderated,
) -> None:
    """`You will receive:` with nothing after it would be a riddle."""
    text = flat(service.subscribed(to="subscribe+press"))
    assert "at present you receive nothing" in text
    assert "Waiting for the secretariat’s yes: press releases." in text


def test_a_yes_puts_the_topic_on_and_says_so_once(service: Moderated) -> None:
    """Two people of the secretariat may say yes to the same reader."""
    one = service.waits()
    service.sent()
    assert service.moderation.approve(one.number, "press")
    assert not service.moderation.approve(one.number, "press")
    found = service.reader()
    assert (found.topics, found.waits_for) == (("press",), ())
    assert service.waiting() == []
    assert service.to_reader("approved") == 1
    assert service.types().count("subscription.approved") == 1
    (mail,) = service.sent()
    assert "From now on you receive it" in flat(mail) or "from now on you receive it" in flat(mail)
    assert "press releases" in str(mail["Subject"])
    service.check()


def test_a_no_is_said_once_and_keeps_the_rest(service: Moderated) -> None:
    """Polite, and never repeated."""
    one = service.waits()
    service.choose("bulletin", "press")
    service.sent()
    assert service.moderation.decline(one.number, "press", "not a journalist")
    assert not service.moderation.decline(one.number, "press")
    found = service.reader()
    assert (found.topics, found.waits_for) == (("bulletin",), ())
    assert service.to_reader("declined") == 1
    (mail,) = service.sent()
    assert "We are sorry" in flat(mail)
    assert "not a journalist" not in mail.as_string()
    told = [one for one in service.events() if one["type"] == "subscription.declined"]
    assert [(one["told"], one["reason"]) for one in told] == [("yes", "not a journalist")]
    service.check()


def test_a_silent_no_sends_no_mail(service: Moderated) -> None:
    """The secretariat may not want to answer a nuisance."""
    one = service.waits()
    assert service.moderation.decline(one.number, "press", silently=True)
    assert service.to_reader("declined") == 0
    service.check()


def test_asking_again_after_a_no_leads_to_nothing_for_a_while(service: Moderated) -> None:
    """Else a reader could ask until somebody is tired of saying no (law 15)."""
    one = service.waits()
    service.moderation.decline(one.number, "press")
    service.get(service.own("leave"), header=PROVEN)
    assert service.status() == "unsubscribed"
    service.clock.advance(DECLINED_FOR - timedelta(days=2))
    service.subscribed(to="subscribe+press")
    assert service.waiting() == []
    service.choose("press")
    assert service.waiting() == []
    service.clock.advance(timedelta(days=3))
    service.choose("press")
    assert service.waiting() == [("ana@example.org", "press")]
    service.check()


def test_a_no_may_become_a_yes(service: Moderated) -> None:
    """The secretariat may have been wrong."""
    one = service.waits()
    service.moderation.decline(one.number, "press")
    assert service.moderation.approve(one.number, "press")
    found = service.reader()
    assert (found.topics, found.declined) == (("press",), ())
    service.check()


def by_leaving(service: Moderated) -> None:
    """The reader leaves."""
    service.get(service.own("leave"), header=PROVEN)


def by_removal(service: Moderated) -> None:
    """The secretariat takes the reader off."""
    vouched.change(service.store, service.reader().number, Action.REMOVE, service.clock.now())


def by_complaint(service: Moderated) -> None:
    """The reader reports our mail."""
    one = service.reader()
    hashed = suppression_hash(secret_key(service.settings), key_of(one.address))
    add = bounces.complain(service.store, one, hashed, Report("abuse", 0, 0), service.clock.now())
    with service.store.redis.pipeline(transaction=True) as pipe:
        pipe.multi()
        add(pipe)
        pipe.execute()


def by_withdrawal(service: Moderated) -> None:
    """The reader unticks it."""
    assert service.choose("bulletin")


def by_address(service: Moderated) -> None:
    """The reader uses the address of the welcome."""
    one = service.reader()
    signer = Signer(secret_key(service.settings))
    token = sign_standing(signer, one.number, one.address, mark(Choice.DROP, "press"))
    service.get(service.own(f"confirm+{token}"))


def by_suppression(service: Moderated) -> None:
    """The secretariat has the address never mailed again."""
    vouched.suppress(
        service.store,
        service.settings,
        service.clock.now(),
        parse_address("ana@example.org"),
        "asked",
    )


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (by_leaving, "left"),
        (by_removal, "taken off"),
        (by_complaint, "reported"),
        (by_withdrawal, "withdrew"),
        (by_address, "withdrew"),
        (by_suppression, "suppressed"),
    ],
)
def test_a_yes_to_one_who_does_not_wait_any_more_is_refused(
    service: Moderated, end: Callable[[Moderated], None], why: str
) -> None:
    """Whoever left must not be put on a list by somebody who looked before."""
    service.member()
    service.choose("bulletin", "press")
    number = service.reader().number
    end(service)
    with pytest.raises(NotWaitingError, match=why):
        service.moderation.approve(number, "press")
    assert "press" not in service.reader().topics
    assert service.to_reader("approved") == 0
    service.check()


@pytest.mark.parametrize("end", [by_leaving, by_removal, by_complaint])
def test_a_no_becomes_no_yes_for_one_who_left_since(
    service: Moderated, end: Callable[[Moderated], None]
) -> None:
    """A late change of mind must not put a topic on whoever wants no mail any more."""
    service.member()
    service.choose("bulletin", "press")
    number = service.reader().number
    service.moderation.decline(number, "press", silently=True)
    end(service)
    with pytest.raises(NotWaitingError):
        service.moderation.approve(number, "press")
    assert "press" not in service.reader().topics
    service.check()


class Meanwhile(SimulatedClock):
    """A clock during whose first look something happens: between reading and writing."""

    def __init__(self, at: datetime, event: Callable[[], None]) -> None:
        super().__init__(at)
        self._event: Callable[[], None] | None = event

    def now(self) -> datetime:
        """Let it happen, once, and tell the time."""
        event, self._event = self._event, None
        if event:
            event()
        return super().now()


@pytest.mark.parametrize("end", [by_leaving, by_removal, by_complaint, by_withdrawal])
@pytest.mark.parametrize("verb", ["approve", "decline"])
def test_what_ends_while_it_is_decided_is_looked_at_again(
    service: Moderated, end: Callable[[Moderated], None], verb: str
) -> None:
    """Two things at once have an order: the decision sees what came first."""
    service.member()
    service.choose("bulletin", "press")
    clock = Meanwhile(service.clock.now(), lambda: end(service))
    racing = Moderation(service.store, service.settings, clock)
    with pytest.raises(NotWaitingError):
        getattr(racing, verb)(service.reader().number, "press")
    assert "press" not in service.reader().topics
    assert not {"approved", "declined"} & {*service.queued()}
    service.check()


def test_of_two_who_decide_at_once_the_first_counts(service: Moderated) -> None:
    """A yes and a no at the same moment: one mail goes out, and it says what holds."""
    number = service.waits().number

    def yes() -> None:
        assert service.moderation.approve(number, "press")

    clock = Meanwhile(service.clock.now(), yes)
    with pytest.raises(NotWaitingError, match="has it"):
        Moderation(service.store, service.settings, clock).decline(number, "press")
    assert service.reader().topics == ("press",)
    assert (service.to_reader("approved"), service.to_reader("declined")) == (1, 0)
    service.check()


def test_erasing_ends_the_waiting(service: Moderated) -> None:
    """Nothing may be left that tells of the person."""
    one = service.waits()
    address = parse_address(one.address)
    vouched.erase(service.store, service.settings, service.clock.now(), address, "asked")
    assert service.waiting() == []
    assert service.store.redis.zcard(keys.waiting_for_topic("press")) == 0
    with pytest.raises(NotFoundError):
        service.moderation.approve(one.number, "press")
    service.check()


def test_whom_the_secretariat_adds_does_not_wait(service: Moderated) -> None:
    """An import, or an addition, is its yes."""
    service.member("eva@example.org", topics="press")
    assert service.reader("eva@example.org").topics == ("press",)
    service.waits()
    service.member(topics="bulletin press")
    found = service.reader()
    assert (found.topics, found.waits_for) == (("bulletin", "press"), ())
    assert service.waiting() == []
    service.check()


@pytest.mark.parametrize(
    ("status", "topics", "waits"),
    [
        (Status.ACTIVE, "bulletin press", ("papers",)),
        (Status.ACTIVE, "bulletin", ("press", "papers")),
        (Status.WITHDRAWN, "bulletin", ()),
    ],
)
def test_what_a_directory_gives_or_takes_ends_the_waiting(
    service: Moderated, status: Status, topics: str, waits: tuple[str, ...]
) -> None:
    """It speaks for the secretariat, as an import does."""
    service.member()
    service.choose("bulletin", "press", "papers")
    secret, now = secret_key(service.settings), service.clock.now()
    (seen,) = decided.look(service.store, secret, [key_of("ana@example.org")])
    fields = {SubscriberField.TOPICS: topics}
    row = Decided(seen, decided.Kind.CHANGED, status, fields)
    told = Event("subscribers.synced", now, {"directory": "staff"})
    assert decided.put(service.store, [row], told, now) == []
    assert set(service.reader().waits_for) == set(waits)
    service.check()


def test_what_a_program_sets_for_the_secretariat_ends_the_waiting(service: Moderated) -> None:
    """By HTTP as by a command: a topic that is given is not waited for as well."""
    service.member()
    service.choose("bulletin", "press", "papers")
    wanted = Details(topics=("bulletin", "press"))
    given = (service.store, service.settings, service.clock.now())
    change_details(*given, service.reader(), wanted)
    found = service.reader()
    assert (found.topics, found.waits_for) == (("bulletin", "press"), ("papers",))
    change_details(*given, found, Details(name="Ana"))
    assert service.waiting() == [("ana@example.org", "papers")]
    service.check()


def test_an_import_without_topics_gives_nothing_that_waits(service: Moderated) -> None:
    """A file that says nothing of topics says no yes to any."""
    service.asked(to="subscribe+press")
    service.member()
    assert service.reader().topics == ("bulletin",)
    service.waits(author="eva@example.org")
    service.member("eva@example.org", name="Eva")
    assert service.reader("eva@example.org").waits_for == ("press",)
    service.check()


def test_who_has_it_keeps_it_whatever_else_they_choose(service: Moderated) -> None:
    """A topic that becomes moderated, and a new language, take nothing from anybody."""
    service.member(topics="bulletin press")
    assert service.choose("bulletin", "press", "papers")
    found = service.reader()
    assert (found.topics, found.waits_for) == (("bulletin", "press"), ("papers",))
    service.check()


def test_leaving_one_topic_keeps_what_waits(service: Moderated) -> None:
    """One click ends one thing; who waits for another is still on the list."""
    service.member()
    service.choose("bulletin", "press")
    one = service.reader()
    mark_of = Signer(secret_key(service.settings)).mark
    said = Leave(Bearer(one.number, mark_of(one.address)))
    assert service.membership.leave_topic(said, "bulletin")
    found = service.reader()
    assert (found.status, found.topics, found.waits_for) == (Status.ACTIVE, (), ("press",))
    service.check()


def test_who_leaves_and_comes_back_by_a_new_request_waits_again(service: Moderated) -> None:
    """Leaving ends what was given; undoing it by the same link does not."""
    one = service.waits()
    service.moderation.approve(one.number, "press")
    service.get(service.own("leave"), header=PROVEN)
    service.clock.advance(timedelta(days=2))
    assert service.membership.may_return(service.reader())
    service.subscribed(to="subscribe+press")
    found = service.reader()
    assert (found.topics, found.waits_for) == ((), ("press",))
    service.check()


def test_asking_again_keeps_the_place_in_the_list(service: Moderated) -> None:
    """Nobody comes first by asking often, and nothing more is sent for it."""
    before = service.waits().waiting
    service.clock.advance(timedelta(days=1))
    service.get(service.own(), subject="topics press", header=PROVEN)
    assert service.reader().waiting == before
    assert service.types().count("subscription.waiting") == 1
    assert service.to_reader("changed") == 0


def test_what_is_decided_on_a_state_that_is_gone_waits(service: Moderated) -> None:
    """A reader who leaves between reading and writing has the topic no more to keep."""
    service.member(topics="bulletin press")
    one = service.reader()
    case = service.case(one)
    by_removal(service)
    assert requests.take(service.store, service.steps.ask(case)) == "done"
    (request,) = service.store.redis.zrange(keys.REQUESTS_OPEN, 0, -1)
    open_one = requests.get(service.store, int(request), service.clock.now())
    assert open_one is not None
    # `one` says that the reader has the topic, as it was when this was decided.
    assert requests.take(service.store, service.steps.confirm(case, open_one)) == "done"
    found = service.reader()
    assert (found.topics, found.waits_for) == (("bulletin",), ("press",))
    service.check()


def test_confirming_and_waiting_are_one_step(service: Moderated) -> None:
    """No crash leaves a reader who confirmed and whom nobody will decide on (law 9)."""
    service.asked(to="subscribe+press")
    seen = len(service.types())
    (number,) = map(int, service.store.redis.zrange(keys.REQUESTS_OPEN, 0, -1))
    opened = service.membership.opened(number)
    assert opened is not None
    step = service.steps.confirm(service.case(opened.member), opened.asked)
    with service.store.redis.pipeline(transaction=True) as pipe:
        pipe.multi()
        requests.take(service.store, step, pipe)
        assert (service.status(), service.waiting()) == ("pending", [])
        pipe.execute()
    assert (service.status(), service.waiting()) == ("active", [("ana@example.org", "press")])
    told = ["subscription.confirmed", "subscriber.status", "subscription.waiting"]
    assert service.types()[seen:] == [*told, "service_mail.queued"]
    assert requests.take(service.store, step) == "request"
    service.check()


def test_the_secretariat_is_told_once_a_day_while_anybody_waits(service: Moderated) -> None:
    """However often readers ask; and also of those whom it has not decided on since."""
    assert not service.moderation.remind()
    one = service.waits()
    service.waits(to="papers-subscribe", author="eva@example.org")
    service.sent()
    assert service.moderation.remind()
    assert not service.moderation.remind()
    (mail,) = service.sent()
    assert mail["To"] == OWNER
    assert "(2)" in str(mail["Subject"])
    assert "The papers (1), press releases (1)" in flat(mail)
    assert "ana" not in mail.as_string()
    service.clock.advance(timedelta(hours=23))
    assert not service.moderation.remind()
    service.clock.advance(timedelta(hours=1))
    assert service.moderation.remind()
    service.moderation.approve(one.number, "press")
    service.moderation.decline(service.reader("eva@example.org").number, "papers")
    service.clock.advance(timedelta(days=1))
    assert not service.moderation.remind()


def test_without_an_address_the_log_alone_tells_it(store: Store, data_dir: Path) -> None:
    """No mail can go to nobody; a follower of events still sees it."""
    service = Moderated(store, data_dir, owner_address="")
    service.waits()
    assert service.moderation.remind()
    assert service.to_reader("waiting") == 0
    assert service.types().count("secretariat.reminded") == 1


def test_a_reader_whose_mail_came_back_can_be_decided_on_but_gets_no_mail(
    service: Moderated,
) -> None:
    """The list of who waits must not fill with those whom nobody can decide on."""
    one = service.waits()
    vouched.change(service.store, one.number, Action.SUSPEND, service.clock.now())
    assert service.waiting() == [("ana@example.org", "press")]
    assert service.moderation.approve(one.number, "press")
    assert service.to_reader("approved") == 0
    assert service.reader().topics == ("press",)
    service.check()


def test_a_topic_that_does_not_exist_is_refused(service: Moderated) -> None:
    """A slip must not make a topic that nobody can send to."""
    one = service.waits()
    with pytest.raises(InputError, match="no topic"):
        service.moderation.approve(one.number, "pres")
    with pytest.raises(InputError, match="no topic"):
        service.waiting("pres")
    with pytest.raises(NotWaitingError):
        service.moderation.decline(one.number, "papers")


def test_the_reader_s_own_data_tells_what_waits_and_what_was_declined(
    service: Moderated,
) -> None:
    """All that is kept of a person is in it."""
    one = service.waits()
    service.choose("press", "papers")
    service.moderation.decline(one.number, "papers")
    now = service.clock.now()
    told = own_data(service.store, service.settings, service.reader(), now)
    at = now.isoformat(timespec="seconds")
    assert (told["waiting"], told["declined"]) == ({"press": at}, {"papers": at})


def leave(service: Moderated) -> None:
    """Take the reader off."""
    if service.reader().status in {Status.ACTIVE, Status.SUSPENDED}:
        vouched.change(service.store, service.reader().number, Action.LEAVE, service.clock.now())


def suspend(service: Moderated) -> None:
    """Have mail come back."""
    if service.reader().status is Status.ACTIVE:
        vouched.change(service.store, service.reader().number, Action.SUSPEND, service.clock.now())


def subscribe(service: Moderated) -> None:
    """Ask anew, on another day, and confirm."""
    service.clock.advance(timedelta(days=1, seconds=1))
    service.get(service.own("subscribe+press"))
    found = service.store.redis.zrange(keys.REQUESTS_OPEN, 0, -1)
    for request in found:
        service.membership.confirm(int(request))


def decide(service: Moderated, how: Callable[[int, str], bool]) -> None:
    """Decide, if there is something to decide on."""
    one = service.reader()
    may = one.status in {Status.ACTIVE, Status.SUSPENDED} and "press" in one.waits_for
    if may:
        assert how(one.number, "press")
    else:
        try:
            how(one.number, "press")
        except NotWaitingError:
            return


ACTS: dict[str, Callable[[Moderated], object]] = {
    "ask": lambda s: s.choose("bulletin", "press", "papers"),
    "ask for one": lambda s: s.choose("press"),
    "withdraw": lambda s: s.choose("bulletin"),
    "leave": leave,
    "return": lambda s: s.membership.come_back(s.reader()),
    "subscribe": subscribe,
    "approve": lambda s: decide(s, s.moderation.approve),
    "decline": lambda s: decide(s, s.moderation.decline),
    "a month": lambda s: s.clock.advance(timedelta(days=31)),
    "suspend": suspend,
}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=st.lists(st.sampled_from([*ACTS]), max_size=12))
def test_whatever_happens_a_moderated_topic_is_on_only_by_a_yes(
    store: Store, data_dir: Path, acts: list[str]
) -> None:
    """Whatever a reader does in whatever order, and the books of who waits agree (law 13)."""
    store.redis.flushdb()
    service = Moderated(store, data_dir)
    service.member()
    for one in acts:
        had = set(service.reader().topics)
        yes = service.types().count("subscription.approved")
        ACTS[one](service)
        if service.types().count("subscription.approved") == yes and one != "return":
            assert set(service.reader().topics) - {"bulletin"} <= had
        service.check()


def flat(mail: Any) -> str:
    """Return a mail's plain text in one line."""
    return re.sub(r"[ \r\n]+", " ", text_of(mail))
