"""Description of each family of keys: its contents and its bound.

A family is what one constant or function of `NAMED` names. Where nothing bounds one, it
says so: an operator must know what grows with the years.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final

from mailer.domain.drafts.history import MOST, MOST_OF_PICTURE
from mailer.store import keys
from mailer.store.campaigns.ledger import SETTLED
from mailer.store.keys import histories, signing_in

NAMED: Final[Mapping[str, Any]] = vars(keys) | vars(signing_in) | vars(histories)
"""All that names keys, by name."""


class Kind(StrEnum):
    """The server's name for a key's type."""

    TEXT = "string"
    """A text, a counter or a bitmap."""
    HASH = "hash"
    LIST = "list"
    SET = "set"
    SORTED = "zset"
    STREAM = "stream"


class Bound(StrEnum):
    """The bound that keeps a family from growing."""

    FIXED = "fixed"
    """There is as much of it as there are settings, statuses, or the like."""
    SUBSCRIBERS = "subscribers"
    """A share of each subscriber or address, erased with it if it tells of a person."""
    EXPIRES = "expires"
    """Every key of it goes by itself."""
    ENDS = "ends"
    """Removed, or set to expire, when what it is about is over."""
    TRIMMED = "trimmed"
    """Held to a number of octets or entries, or to an age."""
    CAMPAIGNS = "campaigns"
    """No bound yet: it grows with the campaigns that were ever made."""
    EDITIONS = "editions"
    """No bound yet: it grows with the versions of editions that were ever imported."""
    CALENDAR = "calendar"
    """No bound yet: it grows with the entries that the calendar ever had."""
    EVERYTHING = "everything"
    """No bound yet: it grows with all that happens."""


@dataclass(frozen=True, slots=True)
class Family:
    """The keys that one name stands for."""

    name: str
    kind: Kind
    bound: Bound
    why: str
    """The amount of it, and what removes it."""
    only: frozenset[str] = frozenset()
    """The endings that a key may have; empty: any."""

    @property
    def pattern(self) -> str:
        """The keys of it: `*` for each part that varies, `#` where that is a number."""
        named = NAMED[self.name]
        if isinstance(named, str):
            return named + ("*" if self.name in PREFIXES else "")
        parts = inspect.signature(named).parameters.values()
        found: str = named(*("#" if part.annotation == "int" else "*" for part in parts))
        return found

    def holds(self, key: str) -> bool:
        """Tell whether a key is one of it."""
        wanted = re.escape(self.pattern).replace(r"\#", r"\d+").replace(r"\*", ".+")
        fits = re.fullmatch(wanted, key, re.DOTALL)
        return bool(fits) and (not self.only or key.rpartition(":")[2] in self.only)


PREFIXES: Final = ("PATIENCE", "SUBSCRIBER", "BITS", "WAITING", "OUTBOX", "INBOUND", "WEBHOOK")
"""Constants that keys only begin with."""
LEDGER_BITMAPS: Final = frozenset(
    {
        "audience",
        *SETTLED,
        "bounced",
        "complained",
        "left",
        "scratch",
        "scratch2",
    }
)
"""The names of a ledger's bitmaps; those of scratch are there within a script only."""

_CAMPAIGN: Final = "kept with the campaign, whose history the archive and undelivered mail need"
_BIN: Final = "removed thirty days after somebody removes the draft"
_BITMAP: Final = "one bit a subscriber number"
_ENTRY: Final = "of every entry that was ever published: its readers hold links to it"

FAMILIES: Final = (
    Family("SCHEMA", Kind.TEXT, Bound.FIXED, "one"),
    Family("MIGRATION", Kind.HASH, Bound.ENDS, "one field a part of a step; goes with its end"),
    Family("MIGRATION_LEASE", Kind.TEXT, Bound.EXPIRES, "one; a minute"),
    Family("KEY_FINGERPRINT", Kind.TEXT, Bound.FIXED, "one"),
    Family("EVENTS", Kind.STREAM, Bound.EVERYTHING, "the audit trail, which nothing trims"),
    Family("AUDIT", Kind.STREAM, Bound.TRIMMED, "by age; see the setting `audit_days`"),
    Family("AUDIT_HEAD", Kind.HASH, Bound.FIXED, "one"),
    Family("USERS", Kind.HASH, Bound.FIXED, "one a user that there ever was: the audit names them"),
    Family("USERS_BY_ADDRESS", Kind.HASH, Bound.FIXED, "one a user"),
    Family("USER_NEXT", Kind.TEXT, Bound.FIXED, "one counter"),
    Family("TOLD_USERS", Kind.TEXT, Bound.FIXED, "one"),
    Family("approval_request", Kind.HASH, Bound.EXPIRES, "one an approver who is asked; 14 days"),
    Family("user_mails", Kind.TEXT, Bound.EXPIRES, "one a user, and one with each campaign; a day"),
    Family("API_TOKENS", Kind.HASH, Bound.FIXED, "one a token, until it is revoked or long over"),
    Family("API_TOKEN_USES", Kind.HASH, Bound.FIXED, "one a token"),
    Family("idempotent_request", Kind.HASH, Bound.EXPIRES, "one a request with a key; a day"),
    Family("ASKS_DUE", Kind.SORTED, Bound.ENDS, "one a wish for a link, until it is looked at"),
    Family("FACTORS", Kind.HASH, Bound.FIXED, "one a user who has any"),
    Family("session", Kind.TEXT, Bound.EXPIRES, "one a session; twelve hours after its last use"),
    Family("user_sessions", Kind.SORTED, Bound.EXPIRES, "one a user; a week after a sign-in"),
    Family("ask", Kind.TEXT, Bound.EXPIRES, "ten minutes"),
    Family("challenge", Kind.TEXT, Bound.EXPIRES, "ten minutes; of an invitation, three days"),
    Family("known_browser", Kind.SET, Bound.EXPIRES, "180 days after a sign-in there"),
    Family("wrong_answers", Kind.TEXT, Bound.EXPIRES, "a day after the last"),
    Family("access_limit", Kind.TEXT, Bound.EXPIRES, "the time that the limit is for"),
    Family("API_JOB_NEXT", Kind.TEXT, Bound.FIXED, "one counter"),
    Family("API_JOBS_DUE", Kind.SORTED, Bound.ENDS, "one a job of the API, until it is done"),
    Family("api_job", Kind.HASH, Bound.EXPIRES, "one a job of the API; seven days"),
    Family("api_job_file", Kind.LIST, Bound.EXPIRES, "one a job that is not done; a day"),
    Family("LOOK", Kind.TEXT, Bound.FIXED, "one"),
    Family("LOOK_VERSIONS", Kind.HASH, Bound.TRIMMED, "200, and those that open campaigns show"),
    Family("LOOK_PICTURES", Kind.HASH, Bound.TRIMMED, "those that such a version shows"),
    Family("api_job_refused", Kind.LIST, Bound.EXPIRES, "one an import that refused lines; a day"),
    Family("JOBS_REFUSED", Kind.TEXT, Bound.FIXED, "one counter"),
    Family("THROTTLES", Kind.HASH, Bound.FIXED, "one a rate limit that was ever set"),
    Family("relay_trouble", Kind.TEXT, Bound.EXPIRES, "one a relay; ten seconds"),
    Family("relay_late", Kind.TEXT, Bound.EXPIRES, "one a relay; ten seconds"),
    Family("relay_silent", Kind.TEXT, Bound.EXPIRES, "one a relay; ten seconds"),
    # Subscribers
    Family("subscriber", Kind.HASH, Bound.SUBSCRIBERS, "one a subscriber, deleted at erasure"),
    Family("SUBSCRIBER_NEXT", Kind.TEXT, Bound.FIXED, "one counter"),
    Family("UNMARKED", Kind.TEXT, Bound.FIXED, "one number"),
    Family("SUBSCRIBER_BY_ADDRESS", Kind.HASH, Bound.SUBSCRIBERS, "one field a subscriber"),
    Family("GROWTH", Kind.HASH, Bound.TRIMMED, "one a day; 800 days"),
    Family("STATUSES", Kind.SET, Bound.FIXED, "one a status"),
    Family("LANGUAGES", Kind.SET, Bound.FIXED, "one a language that was ever read"),
    Family("TOPICS", Kind.SET, Bound.FIXED, "one a topic that was ever chosen"),
    Family("TAGS", Kind.SET, Bound.FIXED, "one a tag that was ever given"),
    Family("status_bits", Kind.TEXT, Bound.SUBSCRIBERS, f"one a status, {_BITMAP}"),
    Family("language_bits", Kind.TEXT, Bound.SUBSCRIBERS, f"one a language, {_BITMAP}"),
    Family("topic_bits", Kind.TEXT, Bound.SUBSCRIBERS, f"one a topic, {_BITMAP}"),
    Family("tag_bits", Kind.TEXT, Bound.SUBSCRIBERS, f"one a tag, {_BITMAP}"),
    Family("DIRECTORIES", Kind.SET, Bound.FIXED, "one a directory that was ever kept in step with"),
    Family("directory_bits", Kind.TEXT, Bound.SUBSCRIBERS, f"one a directory, {_BITMAP}"),
    Family("DIRECTORIES_DONE", Kind.HASH, Bound.FIXED, "one field a directory that has a schedule"),
    Family("directory_lease", Kind.TEXT, Bound.EXPIRES, "two a directory; while it is worked on"),
    Family("ATTRIBUTES", Kind.SET, Bound.FIXED, "some dozens an attribute, at most 300"),
    Family(
        "attribute_bits",
        Kind.TEXT,
        Bound.SUBSCRIBERS,
        f"one a choice, or one a binary digit of other values; {_BITMAP}",
    ),
    Family("joined_bits", Kind.TEXT, Bound.SUBSCRIBERS, f"16, {_BITMAP}"),
    Family("BOUNCED", Kind.TEXT, Bound.SUBSCRIBERS, _BITMAP),
    Family(
        "waiting_for_topic",
        Kind.SORTED,
        Bound.SUBSCRIBERS,
        "one a subscriber who waits for the topic, until a decision, leaving or erasure",
    ),
    Family("SUPPRESSED", Kind.TEXT, Bound.SUBSCRIBERS, _BITMAP),
    Family(
        "SUPPRESSION",
        Kind.HASH,
        Bound.SUBSCRIBERS,
        "one a suppressed address, by its hash; for good, as it must never be mailed again",
    ),
    Family("HISTORIES_READ", Kind.TEXT, Bound.FIXED, "one id"),
    Family(
        "history",
        Kind.HASH,
        Bound.SUBSCRIBERS,
        "one field a subscriber of whom events tell, up to a hundred ids; deleted after erasure",
    ),
    Family("SEGMENTS", Kind.HASH, Bound.FIXED, "one field a segment, at most 500"),
    # Subscribing
    Family("request", Kind.HASH, Bound.EXPIRES, "97 days after it was made"),
    Family("REQUESTS_OPEN", Kind.SORTED, Bound.ENDS, "one an open request, until it is over"),
    Family("answered", Kind.TEXT, Bound.EXPIRES, "one an address and kind of mail; a day or so"),
    Family("answer_limit", Kind.TEXT, Bound.EXPIRES, "twice the time that the limit is for"),
    Family("PATIENCE", Kind.TEXT, Bound.EXPIRES, "one a token that is used, or a network; an hour"),
    Family("FORM_NEXT", Kind.TEXT, Bound.FIXED, "one counter"),
    Family("FORMS", Kind.HASH, Bound.ENDS, "one a form, until it is acted on"),
    Family("FORMS_DUE", Kind.SORTED, Bound.ENDS, "one a form, until it is acted on"),
    Family("FORM_ATTEMPTS", Kind.HASH, Bound.ENDS, "one a form, until it is acted on"),
    Family("form_limit", Kind.TEXT, Bound.EXPIRES, "the time that the limit is for"),
    Family("form_stamp", Kind.TEXT, Bound.EXPIRES, "longer than a stamp is good for"),
    # Service mail
    Family("OUTBOX_NEXT", Kind.TEXT, Bound.FIXED, "one counter"),
    Family("OUTBOX_DUE", Kind.SORTED, Bound.ENDS, "one a mail that is not sent yet"),
    Family("outbox", Kind.HASH, Bound.ENDS, "expires thirty days after the mail's end"),
    Family("outbox_state", Kind.SORTED, Bound.TRIMMED, "ended mails of thirty days"),
    # Web hooks
    Family("WEBHOOKS", Kind.HASH, Bound.FIXED, "one an endpoint; at most 2000"),
    Family("WEBHOOKS_DUE", Kind.SORTED, Bound.FIXED, "one an active endpoint"),
    Family("WEBHOOKS_WOKEN", Kind.TEXT, Bound.FIXED, "one id"),
    Family("webhook", Kind.HASH, Bound.ENDS, "one an endpoint, deleted with it"),
    Family("webhook_waiting", Kind.SORTED, Bound.TRIMMED, "at most 1000 events an endpoint"),
    Family("webhook_tries", Kind.HASH, Bound.TRIMMED, "one a waiting event that was tried"),
    Family("webhook_attempts", Kind.LIST, Bound.TRIMMED, "the last 50 tries of an endpoint"),
    # Transactional mail
    Family("TEMPLATES", Kind.HASH, Bound.FIXED, "one a template"),
    Family("TEMPLATE_VERSIONS", Kind.SORTED, Bound.TRIMMED, "versions of thirty days, and in use"),
    Family("TEMPLATE_USES", Kind.HASH, Bound.ENDS, "one a version, until its mails have ended"),
    Family("TEMPLATE_MAILS", Kind.SORTED, Bound.TRIMMED, "mails of forty-five days"),
    Family("template", Kind.HASH, Bound.TRIMMED, "versions of thirty days, and in use"),
    Family("template_tally", Kind.HASH, Bound.FIXED, "some a template that there ever was"),
    Family("template_mails", Kind.SORTED, Bound.TRIMMED, "mails of forty-five days"),
    Family("mail_key", Kind.TEXT, Bound.EXPIRES, "one an idempotency key; a day"),
    Family("mail_limit", Kind.TEXT, Bound.EXPIRES, "the time that the limit is for"),
    Family("mail_return", Kind.TEXT, Bound.EXPIRES, "one a mail; forty-five days"),
    # Mail that came in
    Family("INBOUND_NEXT", Kind.TEXT, Bound.FIXED, "one counter"),
    Family("INBOUND_DUE", Kind.SORTED, Bound.ENDS, "one a mail that is not read yet"),
    Family("INBOUND_BYTES", Kind.TEXT, Bound.FIXED, "one counter"),
    Family("INBOUND_SHARES", Kind.HASH, Bound.TRIMMED, "one a share that mail uses now"),
    Family("INBOUND_CITES", Kind.HASH, Bound.SUBSCRIBERS, "one a mail that a consent cites"),
    Family("inbound", Kind.HASH, Bound.TRIMMED, "by the age of the mail, and by the room for it"),
    Family("inbound_raw", Kind.TEXT, Bound.TRIMMED, "by the age of the mail, and by the room"),
    Family("inbound_seen", Kind.TEXT, Bound.EXPIRES, "for as long as repeats are known"),
    Family("inbound_state", Kind.SORTED, Bound.TRIMMED, "one a mail that is kept"),
    Family("inbox", Kind.SORTED, Bound.TRIMMED, "one a mail that is kept, in the inbox"),
    Family("INBOX_BIN", Kind.SORTED, Bound.TRIMMED, "one a mail that was dropped; seven days"),
    Family("INBOX_ENTERED", Kind.TEXT, Bound.FIXED, "one number"),
    Family("INBOX_ANSWER_NEXT", Kind.TEXT, Bound.FIXED, "one counter"),
    Family("inbox_answer", Kind.TEXT, Bound.EXPIRES, "one an answer; the time that mail is kept"),
    Family("inbox_thread", Kind.SORTED, Bound.EXPIRES, "one a thread; the same time after its end"),
    Family("inbox_known", Kind.TEXT, Bound.EXPIRES, "one a mail or answer; the same time"),
    Family("inbox_form", Kind.TEXT, Bound.EXPIRES, "one a form that was sent; a week"),
    # How mail arrives
    Family("EXAMINATION", Kind.TEXT, Bound.FIXED, "one"),
    Family("EXAMINATION_LEASE", Kind.TEXT, Bound.EXPIRES, "one; a minute"),
    Family("BACKED_UP", Kind.TEXT, Bound.FIXED, "one instant"),
    Family(
        "report_sums",
        Kind.HASH,
        Bound.EXPIRES,
        "two a day for 90 days; of each at most 200 sources, the others as one",
    ),
    Family("report_seen", Kind.TEXT, Bound.EXPIRES, "one a report; 90 days after its day"),
    # Editions
    Family("EDITIONS", Kind.HASH, Bound.EDITIONS, "one an edition"),
    Family("edition", Kind.HASH, Bound.EDITIONS, "the files of each version; the archive"),
    Family("edition_card", Kind.TEXT, Bound.EDITIONS, "one a version"),
    Family("DRAFT_NEXT", Kind.TEXT, Bound.FIXED, "one counter"),
    Family("DRAFTS", Kind.SORTED, Bound.EDITIONS, f"one a draft; {_BIN}"),
    Family("DRAFTS_REMOVED", Kind.SORTED, Bound.ENDS, "one a draft in the bin; thirty days"),
    Family("draft", Kind.HASH, Bound.EDITIONS, f"one a draft; {_BIN}"),
    Family("draft_contents", Kind.HASH, Bound.EDITIONS, f"the files of each revision kept; {_BIN}"),
    Family(
        "draft_history",
        Kind.HASH,
        Bound.EDITIONS,
        f"one a file: at most {MOST} revisions, {MOST_OF_PICTURE} of a picture; {_BIN}",
    ),
    Family("draft_presence", Kind.HASH, Bound.EXPIRES, "one a draft; ten minutes"),
    Family("draft_save", Kind.TEXT, Bound.EXPIRES, "one a save from a browser; two days"),
    # Campaigns
    Family("CAMPAIGN_NEXT", Kind.TEXT, Bound.FIXED, "one counter"),
    Family("CAMPAIGN_STARTS", Kind.TEXT, Bound.FIXED, "one counter"),
    Family(
        "MAILINGS", Kind.HASH, Bound.CAMPAIGNS, "one a start, and one a lot of trials: mail returns"
    ),
    Family("CAMPAIGNS_OPEN", Kind.SET, Bound.ENDS, "one a campaign that is under way"),
    Family("APPROVALS", Kind.HASH, Bound.CAMPAIGNS, "one a campaign that was ever proposed"),
    Family("CAMPAIGNS_SCHEDULED", Kind.SORTED, Bound.ENDS, "one a campaign, until it begins"),
    Family("campaign", Kind.HASH, Bound.CAMPAIGNS, "one a campaign; some of its facts"),
    Family("ledger", Kind.TEXT, Bound.CAMPAIGNS, f"{_BITMAP}; {_CAMPAIGN}", LEDGER_BITMAPS),
    Family("delivery_language", Kind.TEXT, Bound.CAMPAIGNS, f"{_BITMAP}; {_CAMPAIGN}"),
    Family("skipped_for", Kind.TEXT, Bound.CAMPAIGNS, f"{_BITMAP}; {_CAMPAIGN}"),
    Family("waiting_for", Kind.TEXT, Bound.CAMPAIGNS, f"{_BITMAP}; nothing removes it"),
    Family("details", Kind.HASH, Bound.CAMPAIGNS, f"one a delivery gone wrong; {_CAMPAIGN}"),
    Family("bounces", Kind.HASH, Bound.CAMPAIGNS, f"one a delivery that came back; {_CAMPAIGN}"),
    Family("attempts", Kind.HASH, Bound.CAMPAIGNS, "one a delivery of several attempts"),
    Family("chunks", Kind.LIST, Bound.CAMPAIGNS, "one a chunk; nothing removes it"),
    Family("chunks_due", Kind.SORTED, Bound.ENDS, "one a chunk, until it is done"),
    Family(
        "chunk_owners", Kind.HASH, Bound.CAMPAIGNS, "one a chunk that a worker has, or died over"
    ),
    Family("awaited", Kind.SORTED, Bound.ENDS, "one a late answer, until the campaign ends"),
    Family(
        "chunk_retries",
        Kind.SORTED,
        Bound.CAMPAIGNS,
        "one a deferred delivery, until it ends; those of a cancelled campaign stay",
    ),
    Family("rate", Kind.HASH, Bound.CAMPAIGNS, "64 fields a campaign; nothing removes them"),
    Family("over_time", Kind.HASH, Bound.CAMPAIGNS, "480 fields, and two for each further hour"),
    Family("tally", Kind.TEXT, Bound.CAMPAIGNS, "one a campaign whose report was asked for"),
    Family("queues", Kind.HASH, Bound.CAMPAIGNS, "two a rate limit; nothing removes them"),
    # The calendar
    Family("CALENDAR", Kind.HASH, Bound.CALENDAR, f"one {_ENTRY}"),
    Family("CALENDAR_UIDS", Kind.HASH, Bound.CALENDAR, f"one {_ENTRY}"),
    Family("CALENDAR_NUMBERS", Kind.HASH, Bound.CALENDAR, f"one {_ENTRY}"),
    Family("CALENDAR_ENDS", Kind.SORTED, Bound.CALENDAR, f"one {_ENTRY}"),
    Family("CALENDAR_REVISION", Kind.HASH, Bound.FIXED, "two fields"),
    Family("CALENDAR_TOLD", Kind.HASH, Bound.CALENDAR, "one an entry that a notice went out for"),
    Family("CALENDAR_CHANGED", Kind.SORTED, Bound.ENDS, "one an entry, until it is looked at"),
    Family("CALENDAR_INDEXED", Kind.TEXT, Bound.FIXED, "one instant"),
    Family("REMINDERS_DUE", Kind.SORTED, Bound.ENDS, "of the days to come, until dealt with"),
    Family("calendar_versions", Kind.HASH, Bound.CALENDAR, f"one a change {_ENTRY}"),
    Family("calendar_upload", Kind.HASH, Bound.EXPIRES, "one a user; an hour"),
    Family("reminded", Kind.HASH, Bound.CALENDAR, "one a reminder that went out"),
    Family("answers", Kind.HASH, Bound.CALENDAR, "one a reader, entry and occurrence"),
    Family("answered_bits", Kind.TEXT, Bound.CALENDAR, f"three an entry, {_BITMAP}"),
    Family("answered_times", Kind.HASH, Bound.CALENDAR, "one a reader, entry and answer"),
    Family("answer_tally", Kind.HASH, Bound.CALENDAR, "one an occurrence, answer and language"),
)


@cache
def _most_specific_first() -> tuple[Family, ...]:
    return tuple(
        sorted(FAMILIES, key=lambda one: len(re.sub(r"[*#]", "", one.pattern)), reverse=True)
    )


def family_of(key: str) -> Family | None:
    """Find the family of a key, or none: it is not ours, or of a kind that nobody has described."""
    return next((family for family in _most_specific_first() if family.holds(key)), None)
