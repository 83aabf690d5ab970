"""The year in a minute, as whoever evaluates this runs it: every date, every reminder, every mail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailer.content.language.topic_words import in_words
from mailer.content.rendering import service_mail
from mailer.demo import maildir
from mailer.domain.look.look import PLAIN
from mailer.domain.subscribers.topic import Topics
from support.patience import PATIENCE
from support.readers.ics_readers import complaints

pytestmark = pytest.mark.acceptance

LANGUAGES = ("en", "es", "fr")


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Return the output of the command for thirty readers, and its folder."""
    folder: Path = tmp_path_factory.mktemp("year") / "data"
    home = tmp_path_factory.mktemp("home")
    mailer = Path(sys.executable).with_name("mailer")
    done = subprocess.run(
        [mailer, "demo", "--year", "--recipients", "30", "--data", folder],
        env={"HOME": str(home), "PATH": os.defpath},
        check=True,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
    )
    return done.stdout, folder


@pytest.fixture(scope="module")
def mails(year: tuple[str, Path]) -> list[EmailMessage]:
    """All mail about the calendar, in the order in which it came."""
    held = (mail.parsed() for mail in maildir.read(year[1] / "mail"))
    return [mail for mail in held if mail.get_content_type() == "multipart/mixed"]


def calendar_of(mail: EmailMessage) -> str:
    """Return the calendar file that a mail shows."""
    (found,) = (part for part in mail.walk() if part.get_content_type() == "text/calendar")
    data = found.get_payload(decode=True)
    assert isinstance(data, bytes)
    return data.decode()


def test_the_timeline_holds_every_reminder_of_the_seven_dates(year: tuple[str, Path]) -> None:
    """Two weeks, a day, an hour before; a move, a cancellation, a slip; and the books balance."""
    said = year[0]
    expected = [
        "12 Apr 09:00 bulletin",
        "12 Apr 14:00 reminder of private-sector-2023 (P14D)",
        "21 Apr 08:00 reminder of champions-deadline-2023 (P14D)",
        "25 Apr 14:00 reminder of private-sector-2023 (P1D)",
        "26 Apr 13:00 reminder of private-sector-2023 (PT1H)",
        "03 May 08:00 reminder of champions-deadline-2023 (P2D)",
        "14 Jun 08:00 reminder of group-june-2023 (P14D)",
        "20 Jun 08:00 reminder of msme-day-2023 (P7D)",
        "27 Jun 08:00 reminder of group-june-2023 (P1D)",
        "28 Jun 07:00 reminder of group-june-2023 (PT1H)",
        "18 Jul 08:00 reminder of papers-deadline-2023 (P14D)",
        "30 Jul 08:00 reminder of papers-deadline-2023 (P2D)",
        "28 Sep 08:00 reminder of group-october-2023 (P14D)",
        "02 Oct 12:10 change of group-october-2023",
        "12 Oct 08:00 reminder of group-october-2023 (P1D)",
        "13 Oct 07:00 reminder of group-october-2023 (PT1H)",
        "23 Nov 08:00 reminder of group-december-2023 (P14D)",
        "30 Nov 16:10 change of group-december-2023",
    ]
    lines = [" ".join(line.split()) for line in said.splitlines()]
    sent = [
        line for line in lines if re.search(r"\) \d|^\S+ \S+ \S+ (bulletin|change of \S+) \d", line)
    ]
    assert [re.sub(r" \d+ \d+ \d+ \d+ accepted.*", "", line) for line in sent] == expected
    assert "the books of every campaign balance" in said


def test_every_calendar_file_is_read_without_complaint(mails: list[EmailMessage]) -> None:
    """A file that one program refuses is a meeting that somebody misses."""
    seen = {calendar_of(mail) for mail in mails}
    assert len(seen) > 40
    for text in seen:
        assert complaints(text) == []
        assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_readers_of_each_language_get_every_mail(mails: list[EmailMessage]) -> None:
    """A reminder that is missing in one language is missing for all who read it."""
    subjects: defaultdict[str, set[str]] = defaultdict(set)
    for mail in mails:
        subjects[str(mail["Content-Language"])].add(str(mail["Subject"]))
    assert sorted(subjects) == list(LANGUAGES)
    assert {len(found) for found in subjects.values()} == {17}
    assert not subjects["fr"] & subjects["en"]


def test_the_mails_say_what_happened_to_the_moved_and_the_cancelled(
    mails: list[EmailMessage],
) -> None:
    """The sequence is raised, so that readers' programs take the news for news."""
    english = [mail for mail in mails if mail["Content-Language"] == "en"]
    moved = next(
        mail for mail in english if str(mail["Subject"]).startswith("New date: 13 October")
    )
    assert "SEQUENCE:1" in calendar_of(moved)
    off = next(mail for mail in english if str(mail["Subject"]).startswith("Cancelled"))
    assert "METHOD:CANCEL" in calendar_of(off)
    body = off.get_body(("plain",))
    assert body is not None
    assert "The group meets again in the new year." in body.get_content()
    dated = datetime(2023, 11, 30, 15, 10, tzinfo=UTC)
    assert off["Date"].datetime == dated


def test_every_reader_can_stop_this_topic_alone(mails: list[EmailMessage]) -> None:
    """In plain text too: the address is the reader's own, and the label says what it does."""
    own = set()
    for mail in mails[:20]:
        body = mail.get_body(("plain",))
        assert body is not None
        text = "\n".join(body.get_content().splitlines())
        language = str(mail["Content-Language"])
        topic = in_words(Topics.of("meetings")).short("meetings", language)
        label = service_mail.phrase(language, "way_less", PLAIN, topic=topic)
        found = re.search(rf"{re.escape(label)}\n(bulletin-confirm\+\S+@lists\.example\.org)", text)
        if found:
            own.add((str(mail["To"]), found[1]))
    assert own
    assert len({address for _, address in own}) == len({reader for reader, _ in own})
