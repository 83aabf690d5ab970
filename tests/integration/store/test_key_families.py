"""The keys that a working service leaves in the store are those of its families."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import pyotp
import pytest

from mailer.clock import SimulatedClock
from mailer.config import Settings
from mailer.domain.access.actor import operator
from mailer.domain.access.approval import Proposal, Said, Terms
from mailer.domain.access.rights import Role
from mailer.domain.calendar.attendance import Answer, Attendance
from mailer.domain.events import Event
from mailer.domain.inbound.inbox import Standing
from mailer.domain.inbound.received import Incoming
from mailer.domain.settings.directory import directory
from mailer.domain.subscribers.address import parse_address
from mailer.domain.subscribers.attributes import Attribute, Kind
from mailer.services.access import api_tokens, users
from mailer.services.access.acting import Recorder, acting_as
from mailer.services.campaigns.report import Reports
from mailer.services.directories.scheduled import ScheduledSyncs
from mailer.services.editions.archive import Archive
from mailer.services.editions.drafts import beginning, keeping, writing
from mailer.services.editions.drafts.desk import Desk
from mailer.services.inbound.inbox.answering import Answering, Draft
from mailer.services.inbound.inbox.deeds import Deeds
from mailer.services.subscriptions.growth import Growth
from mailer.services.subscriptions.token_rate_limit import TokenRateLimit
from mailer.services.telling.following import Following
from mailer.store import editions, keys, look, queue, scripts
from mailer.store.access import idempotency, jobs
from mailer.store.calendar import attendance, uploads
from mailer.store.calendar import entries as calendar
from mailer.store.campaigns import approvals, relays
from mailer.store.campaigns.chunks import Chunk
from mailer.store.campaigns.ledger import Ledger
from mailer.store.deliverability import condition, examinations
from mailer.store.key_families import FAMILIES, Bound, Family, family_of
from mailer.store.migrations import runner
from mailer.store.migrations.step import Known
from mailer.store.scripts import source
from mailer.store.segments import definitions
from mailer.store.server.connection import Store
from mailer.store.subscribers import directories, forms, histories, requests, rows, suppression
from mailer.store.subscribers.suppression import Suppression
from support.samples.domain_reports import dmarc_mail, row
from support.samples.returned_mail import ReturnedMail
from support.servers.hook_receiver import HookReceiver
from support.service.console import Browser, add_user, links
from support.service.hook_service import HookService
from support.service.inbound_service import mail as inbound_mail
from support.service.mail_service import text_of
from support.service.small_calendar import MEETING, SmallCalendar
from support.service.small_campaign import SECRET, START
from support.service.template_mail import TemplateMail
from support.service.web_service import WebService

SCRIPTS = sorted(Path(scripts.__file__).parent.glob("*.lua"))
JOBS = "rq:"
"""The prefix of the queue's own keys, which our settings of it let expire."""
GONE = ("none", -2)
"""The type and the seconds of a key that expired since it was found."""


def keys_of(store: Store) -> dict[str, Family | None]:
    """Find the family of every key in the store, but the queue's."""
    found = (key.decode() for key in store.redis.scan_iter(count=1000))
    return {key: family_of(key) for key in found if not key.startswith(JOBS)}


def check(store: Store) -> set[str]:
    """Check all keys that are there now; returns the names of their families.

    Of one that expires before it was looked at, only the family is known, and that it expires.
    """
    found = keys_of(store)
    assert [key for key, family in found.items() if family is None] == []
    seen = {key: family for key, family in found.items() if family is not None}
    with store.transaction() as pipe:
        for key in seen:
            pipe.type(key).ttl(key)
        answers = iter(pipe.execute())
    told = {key: (next(answers).decode(), next(answers)) for key in seen}
    there = {key: one for key, one in told.items() if one != GONE}
    assert {key: type_ for key, (type_, _) in there.items()} == {
        key: seen[key].kind.value for key in there
    }
    lasting = {key for key, (_, seconds) in there.items() if seconds == -1}
    assert [key for key in lasting if seen[key].bound is Bound.EXPIRES] == []
    going = {seen[key].bound for key in set(seen) - lasting}
    assert going <= {Bound.EXPIRES, Bound.ENDS}
    return {family.name for family in seen.values()}


def on_the_web(store: Store, data_dir: Path) -> Iterator[None]:
    """Subscribe on a page; stops wherever there is something to look at."""
    web = WebService(store, data_dir)
    assert web.subscribe().status_code == 200
    forms.take(store, web.clock.now(), 60, 10)
    yield
    web.clock.advance(timedelta(seconds=61))
    assert web.forms.process() == 1
    text = text_of(web.mail.sent()[0])
    yield
    link = re.search(r"https://bulletin\.example\.org(/confirm/\S+)", text)
    assert link
    web.press(link[1])
    assert web.mail.status() == "active"
    assert TokenRateLimit(store).allows("leave", "ana")
    yield


def at_the_console(store: Store, data_dir: Path) -> Iterator[None]:
    """Sign in by a link, set a password, and mistype it."""
    web = WebService(store, data_dir)
    add_user(web, "dora@example.org")
    browser, stranger = Browser(web), Browser(web, "198.51.100.1")
    browser.ask("dora@example.org")
    yield
    [token] = links(web)
    yield
    browser.press(f"/console/link/{token}")
    page = browser.get("/console/account/password").text
    seed = "".join(re.findall(r"<code>([A-Z2-7 ]+)</code>", page)[0].split())
    sealed = html.unescape(re.findall(r'name="sealed" value="([^"]+)"', page)[0])
    code = pyotp.TOTP(seed).at(int(web.clock.now().timestamp()))
    given = {"password": "a long password", "repeat": "a long password", "code": code}
    browser.press("/console/account/password", sealed=sealed, **given)
    stranger.press("/console/sign-in", "/console/sign-in/password", address="dora@example.org")
    yield


def by_mail(mail: ReturnedMail) -> Iterator[None]:
    """Send an edition, and take in what comes of it."""
    mail.member("ben@example.com", tags="vip")
    readers = ("ben@example.com", "eva+rcpt-550@example.net", "leo@slow.example")
    _, got = mail.campaign(*readers, "kim+rcpt-451@example.net", "max@slow.example")
    yield
    mail.returned("58-full.eml", got["ben@example.com"])
    mail.intake.receive([inbound_mail(recipients=(mail.own("help"),))])
    yield
    mail.get(mail.own("subscribe"), author="zoe@example.net", subject="subscribe")
    (question,) = [one for one in mail.sent() if one["To"] == "zoe@example.net"]
    mail.reply(question, author="zoe@example.net")
    assert mail.status("zoe@example.net") == "active"
    record = Suppression("asked", mail.clock.now())
    assert suppression.add(mail.store, SECRET, "ben@example.com", record)
    yield
    mail.campaigns.cancel(1)
    later = mail.campaigns.create("small", "bulletin")
    mail.campaigns.schedule(later.number, datetime(2023, 6, 1, 9), "Europe/Zurich")  # noqa: DTZ001
    yield


def in_the_inbox(mail: ReturnedMail) -> Iterator[None]:
    """Answer a letter, and drop another one."""
    for subject in ("A question", "Another one"):
        number = mail.get(mail.own("owner"), subject=subject, body="Why?").number
        yield
    given = (mail.store, mail.settings, mail.clock)
    Answering(*given).answer(number - 1, Draft("Because.", form="a form"))
    Deeds(*given).mark(number, Standing.DROPPED)
    assert mail.posted()
    mail.intake.tidy()
    yield


def in_the_calendar(mail: ReturnedMail) -> Iterator[None]:
    """Remind of a meeting, change it, and answer the invitation to it."""
    small = SmallCalendar(mail.small)
    entry = small.put(MEETING, invite=True)
    calendar.reindex(mail.store, mail.clock.now())
    yield
    small.go_to(datetime(2023, 5, 9, 15, tzinfo=UTC))
    small.change(city={"en": "Bern", "fr": "Berne"})
    small.pass_time(days=1)
    reader = mail.who("leo@slow.example")
    assert reader is not None
    at = mail.clock.now()
    answer = Answer(reader.number, Attendance.ACCEPTED, "en", 0, at, at, "web")
    told = Event("calendar.answered", at, {"entry": entry.id})
    attendance.put(mail.store, entry.id, answer, told)
    uploads.keep(mail.store, "user:1", "token", "dates.ics", b"BEGIN:VCALENDAR")
    yield


def by_the_way(mail: ReturnedMail) -> Iterator[None]:
    """Do what happens seldom, or is over in a moment."""
    store, now = mail.store, mail.clock.now()
    relays.report(store, {"relay.example.org": "down"})
    relays.report_late(store, {"relay.example.org": relays.Late(3, now)})
    relays.report_silence(store, "relay.example.org", now, now)
    yield  # what relays report is gone after seconds
    store.redis.set(keys.UNMARKED, 1)
    note_a_city(mail)
    definitions.define(store, "press", "tag:press", now, {})
    said = look.Version(1, {"logo": {"digest": "a" * 64}}, now)
    changed = Event("look.changed", now, {"revision": 1, "parts": "logo", "restored": 0})
    assert look.change(store, 0, said, "mark", changed, pictures={"a" * 64: b"x"})
    queue.forget_refused(store.redis, "rq:job:x", "x", "no job of ours", now)
    given = {"issued": now.date(), "season": {"en": "Spring"}, "languages": ("en",), "now": now}
    editions.save(store, "other", {"en.md": b"x"}, card="{}", **given)  # type: ignore[arg-type]
    write_a_draft(mail)
    store.redis.set(keys.KEY_FINGERPRINT, "x")
    held = mail.small.started().number
    asyncio.run(hold_a_chunk(store, held, now))
    Reports(store, mail.small.settings, mail.clock).count(held)
    one = mail.who("leo@slow.example")
    assert one is not None
    press = requests.Step(now, number=one.number, only=[one.status.value], waits=["press"])
    assert requests.take(store, press) == "done"
    assert histories.index(store)
    yield


def of_templates(store: Store, data_dir: Path) -> Iterator[None]:
    """Have mail of a template sent."""
    service = TemplateMail(store, data_dir)
    service.send(idempotency_key="order-1")
    yield
    service.outbox.sweep()
    yield


def by_web_hooks(store: Store, data_dir: Path) -> Iterator[None]:
    """Tell an endpoint of an event, which it does not take at first."""
    service = HookService(store, data_dir)

    async def fail() -> None:
        async with HookReceiver() as receiver:
            service.add(receiver.url("/500"))
            service.happen()
            assert await service.deliver()

    asyncio.run(fail())
    yield


def by_the_doctor(mail: ReturnedMail) -> Iterator[None]:
    """Keep an examination while another begins, take a report in, and make a copy."""
    examinations.keep(mail.store, {"at": START.isoformat(), "checks": []})
    assert examinations.begin(mail.store)
    condition.note_backup(mail.store)
    mail.get(mail.own("owner"), raw=dmarc_mail(row("192.0.2.1", 1)))
    yield


def by_users(store: Store, folder: Path, now: datetime) -> Iterator[None]:
    """Let a user's program act, and have a campaign proposed to its user."""
    settings = Settings(
        data_dir=folder, secret_key_file=folder / "secret.key", approve_by_mail=True
    )
    recorder = Recorder(store, settings, SimulatedClock(now))
    ada = parse_address("program@example.org")
    with acting_as(operator("root", "host"), recorder):
        user = users.add(store, settings, now, ada, name="Ada", role=Role.SENDER)
        users.signed_in(store, now, user.number, "link")
        made = api_tokens.add(store, now, ada.key, name="x", scopes=["campaigns:read"])
    assert api_tokens.bearer(store, made.text, "", now)
    assert idempotency.begin(store, "one", "digest", "a process", now)
    file = folder / "readers.csv"
    file.write_text("address\n", encoding="utf-8")
    number = jobs.reserve(store, file.stat().st_size, now)
    jobs.write_file(store, number, file)
    jobs.write_refused(store, number, file)
    jobs.add(store, number, {"kind": "import"}, now)
    said = Proposal(Terms("x", "y", ""), Said("user:1", "Ada", now), 1)
    told = Event("campaign.proposed", now, {"campaign": 1, "terms": said.terms.digest})
    approvals.change(store, 1, lambda _: (said, told))
    assert Following(store, settings, SimulatedClock(now)).work_off()
    yield


def write_a_draft(mail: ReturnedMail) -> None:
    """Begin an edition, and save a text of it."""
    settings, clock = mail.small.settings, mail.clock
    desk = Desk(mail.store, settings, clock, Archive(mail.store, settings))
    number = beginning.empty(desk, "next", clock.now().date()).number
    writing.save(desk, number, "en.md", 1, "text", save_id="a-save-of-it")
    keeping.be_present(desk, number, "en.md")
    keeping.remove(desk, beginning.empty(desk, "after-that", clock.now().date()).number)


def note_a_city(mail: ReturnedMail) -> None:
    """Give a reader a value of an attribute."""
    city = Attribute("city", Kind.TEXT)
    value = rows.Value("city", "Bern", city.marks("Bern"))
    who = parse_address("city@example.org")
    row = rows.row(SECRET, who, attributes=(value,))
    rows.put(mail.store, row, rows.Defaults("en", "bulletin", "secretariat"), mail.clock.now())


async def hold_a_chunk(store: Store, number: int, now: datetime) -> None:
    """Claim a chunk, give it back while an answer is awaited, and claim it again."""
    opened = store.asyncio()
    ledger = Ledger(opened, number)
    chunk = await ledger.take("one", now)
    assert isinstance(chunk, Chunk)
    await ledger.finish(chunk, now, left=True, awaited=[chunk.first])
    assert isinstance(await ledger.take("two", now), Chunk)
    await opened.close()


def in_step(store: Store, folder: Path) -> Iterator[None]:
    """Keep the list in step with a directory, at its time."""
    folder.mkdir()
    (folder / "staff.csv").write_text("address\nstaff@example.org\n")
    staff = directory("staff", {"source": str(folder / "staff.csv"), "every": "1d"})
    settings = Settings(
        data_dir=folder, secret_key_file=folder / "secret.key", sync={"staff": staff}
    )
    clock = SimulatedClock(START)
    syncs = ScheduledSyncs(store, settings, clock)
    syncs.enqueue_due()
    clock.advance(timedelta(days=1))
    syncs.run()
    assert directories.claim(store, "staff", "x", 60)
    Growth(store, settings, clock).note()
    yield


def in_a_migration(store: Store) -> set[str]:
    """Look while data that says to be of version 1 is brought up; returns the families seen."""
    seen: set[str] = set()
    number = int(store.redis.get(keys.INBOUND_NEXT))
    store.redis.hdel(keys.inbound(number), "charge")
    store.redis.set(keys.SCHEMA, 1)

    def look(_: Incoming) -> list[str]:
        seen.update(check(store))
        return []

    runner.run(store, Known(look), SimulatedClock(START), connected=True)
    return seen


def test_every_key_of_a_service_at_work_is_of_its_family(store: Store, tmp_path: Path) -> None:
    """An operator who plans for years, or moves the data, must be able to rely on the table."""
    seen: set[str] = set()
    limits = ["1 an hour to slow.example"]
    mail = ReturnedMail(store, tmp_path / "mail", rate_limits=limits)
    hooks = by_web_hooks(store, tmp_path / "hooks")
    templates = of_templates(store, tmp_path / "mail")
    steps = (
        on_the_web(store, tmp_path),
        by_mail(mail),
        in_the_inbox(mail),
        in_the_calendar(mail),
        by_the_way(mail),
        by_the_doctor(mail),
        hooks,
        at_the_console(store, tmp_path / "console"),
        in_step(store, tmp_path / "sync"),
        by_users(store, tmp_path, mail.clock.now()),
        templates,
    )
    for _ in chain(*steps):
        seen |= check(store)
    seen |= in_a_migration(store)
    missing = {family.name for family in FAMILIES} - seen
    assert not missing, " ".join(sorted(missing))


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("mailer:new-thing:1", "string"),
        (keys.form_limit("all"), "string"),
        (keys.campaign(1), "string"),
        (keys.ledger(1, "nowhere-described"), "string"),
    ],
    ids=["no family", "does not expire", "of another type", "no such bitmap"],
)
def test_what_is_not_as_described_is_found(store: Store, key: str, kind: str) -> None:
    """The check itself must be able to fail."""
    store.redis.set(key, kind)
    with pytest.raises(AssertionError):
        check(store)


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.stem)
def test_the_server_takes_every_script(store: Store, file: Path) -> None:
    """With all its locals and what it includes; one that is called rarely too."""
    assert store.redis.script_load(source(file.stem))
