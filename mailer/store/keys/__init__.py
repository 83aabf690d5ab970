"""Every key of the store, here or in the modules beside; `key_families` says what bounds each.

`n` is a subscriber's number, `c` a campaign's. Bitmaps are indexed by subscriber number.
"""

from __future__ import annotations

from typing import Final

from mailer.store.keys.access import API_JOB_NEXT as API_JOB_NEXT
from mailer.store.keys.access import API_JOBS_DUE as API_JOBS_DUE
from mailer.store.keys.access import API_TOKEN_USES as API_TOKEN_USES
from mailer.store.keys.access import API_TOKENS as API_TOKENS
from mailer.store.keys.access import AUDIT as AUDIT
from mailer.store.keys.access import AUDIT_HEAD as AUDIT_HEAD
from mailer.store.keys.access import TOLD_USERS as TOLD_USERS
from mailer.store.keys.access import USER_NEXT as USER_NEXT
from mailer.store.keys.access import USERS as USERS
from mailer.store.keys.access import USERS_BY_ADDRESS as USERS_BY_ADDRESS
from mailer.store.keys.access import api_job as api_job
from mailer.store.keys.access import api_job_file as api_job_file
from mailer.store.keys.access import api_job_refused as api_job_refused
from mailer.store.keys.access import approval_request as approval_request
from mailer.store.keys.access import idempotent_request as idempotent_request
from mailer.store.keys.access import user_mails as user_mails
from mailer.store.keys.deliverability import BACKED_UP as BACKED_UP
from mailer.store.keys.deliverability import EXAMINATION as EXAMINATION
from mailer.store.keys.deliverability import EXAMINATION_LEASE as EXAMINATION_LEASE
from mailer.store.keys.deliverability import report_seen as report_seen
from mailer.store.keys.deliverability import report_sums as report_sums
from mailer.store.keys.drafting import DRAFT_NEXT as DRAFT_NEXT
from mailer.store.keys.drafting import DRAFTS as DRAFTS
from mailer.store.keys.drafting import DRAFTS_REMOVED as DRAFTS_REMOVED
from mailer.store.keys.drafting import draft as draft
from mailer.store.keys.drafting import draft_contents as draft_contents
from mailer.store.keys.drafting import draft_history as draft_history
from mailer.store.keys.drafting import draft_presence as draft_presence
from mailer.store.keys.drafting import draft_save as draft_save
from mailer.store.keys.inbound import INBOUND as INBOUND
from mailer.store.keys.inbound import INBOUND_BYTES as INBOUND_BYTES
from mailer.store.keys.inbound import INBOUND_CITES as INBOUND_CITES
from mailer.store.keys.inbound import INBOUND_DUE as INBOUND_DUE
from mailer.store.keys.inbound import INBOUND_NEXT as INBOUND_NEXT
from mailer.store.keys.inbound import INBOUND_SHARES as INBOUND_SHARES
from mailer.store.keys.inbound import INBOX_ANSWER_NEXT as INBOX_ANSWER_NEXT
from mailer.store.keys.inbound import INBOX_BIN as INBOX_BIN
from mailer.store.keys.inbound import INBOX_ENTERED as INBOX_ENTERED
from mailer.store.keys.inbound import inbound as inbound
from mailer.store.keys.inbound import inbound_raw as inbound_raw
from mailer.store.keys.inbound import inbound_seen as inbound_seen
from mailer.store.keys.inbound import inbound_state as inbound_state
from mailer.store.keys.inbound import inbox as inbox
from mailer.store.keys.inbound import inbox_answer as inbox_answer
from mailer.store.keys.inbound import inbox_form as inbox_form
from mailer.store.keys.inbound import inbox_known as inbox_known
from mailer.store.keys.inbound import inbox_thread as inbox_thread
from mailer.store.keys.look import LOOK as LOOK
from mailer.store.keys.look import LOOK_PICTURES as LOOK_PICTURES
from mailer.store.keys.look import LOOK_VERSIONS as LOOK_VERSIONS
from mailer.store.keys.outgoing import OUTBOX as OUTBOX
from mailer.store.keys.outgoing import OUTBOX_DUE as OUTBOX_DUE
from mailer.store.keys.outgoing import OUTBOX_NEXT as OUTBOX_NEXT
from mailer.store.keys.outgoing import TEMPLATE_MAILS as TEMPLATE_MAILS
from mailer.store.keys.outgoing import TEMPLATE_USES as TEMPLATE_USES
from mailer.store.keys.outgoing import TEMPLATE_VERSIONS as TEMPLATE_VERSIONS
from mailer.store.keys.outgoing import TEMPLATES as TEMPLATES
from mailer.store.keys.outgoing import mail_key as mail_key
from mailer.store.keys.outgoing import mail_limit as mail_limit
from mailer.store.keys.outgoing import mail_return as mail_return
from mailer.store.keys.outgoing import outbox as outbox
from mailer.store.keys.outgoing import outbox_state as outbox_state
from mailer.store.keys.outgoing import template as template
from mailer.store.keys.outgoing import template_mails as template_mails
from mailer.store.keys.outgoing import template_tally as template_tally
from mailer.store.keys.subscribing import FORM_ATTEMPTS as FORM_ATTEMPTS
from mailer.store.keys.subscribing import FORM_NEXT as FORM_NEXT
from mailer.store.keys.subscribing import FORMS as FORMS
from mailer.store.keys.subscribing import FORMS_DUE as FORMS_DUE
from mailer.store.keys.subscribing import GROWTH as GROWTH
from mailer.store.keys.subscribing import REQUESTS_OPEN as REQUESTS_OPEN
from mailer.store.keys.subscribing import WAITING as WAITING
from mailer.store.keys.subscribing import answer_limit as answer_limit
from mailer.store.keys.subscribing import answered as answered
from mailer.store.keys.subscribing import form_limit as form_limit
from mailer.store.keys.subscribing import form_stamp as form_stamp
from mailer.store.keys.subscribing import request as request
from mailer.store.keys.subscribing import waiting_for_topic as waiting_for_topic
from mailer.store.keys.webhooks import WEBHOOK as WEBHOOK
from mailer.store.keys.webhooks import WEBHOOKS as WEBHOOKS
from mailer.store.keys.webhooks import WEBHOOKS_DUE as WEBHOOKS_DUE
from mailer.store.keys.webhooks import WEBHOOKS_WOKEN as WEBHOOKS_WOKEN
from mailer.store.keys.webhooks import webhook as webhook
from mailer.store.keys.webhooks import webhook_attempts as webhook_attempts
from mailer.store.keys.webhooks import webhook_tries as webhook_tries
from mailer.store.keys.webhooks import webhook_waiting as webhook_waiting

SCHEMA_VERSION: Final = 3

SCHEMA: Final = "mailer:schema"
MIGRATION: Final = "mailer:migration"
"""Hash, while data is brought to another version: `from`, and how far each part of a step is."""
MIGRATION_LEASE: Final = "mailer:migration:lease"
"""Text, expiring: which process does that."""
KEY_FINGERPRINT: Final = "mailer:key-fingerprint"
"""Tells the secret key that this data was made with from any other, without revealing it."""
EVENTS: Final = "mailer:events"

SUBSCRIBER: Final = "mailer:subscriber:"
"""The prefix of a subscriber's number; see `subscriber`."""
BITS: Final = "mailer:bits:"
"""The prefix of a bitmap's kind and value, as in `topic_bits`."""
SUBSCRIBER_NEXT: Final = "mailer:subscribers:last"
"""Counter: the highest subscriber number given out."""
UNMARKED: Final = "mailer:subscribers:unmarked"
"""The highest subscriber number that was given out before tokens named the address as well: tokens
without it act for those numbers only."""
SUBSCRIBER_BY_ADDRESS: Final = "mailer:subscribers:by-address"
"""Hash: normalised address -> number."""
STATUSES: Final = "mailer:subscribers:statuses"
LANGUAGES: Final = "mailer:subscribers:languages"
TOPICS: Final = "mailer:subscribers:topics"
TAGS: Final = "mailer:subscribers:tags"
DIRECTORIES: Final = "mailer:subscribers:directories"
ATTRIBUTES: Final = "mailer:subscribers:attributes"
"""Sets: the values for which a bitmap exists; of attributes their marks."""
BOUNCED: Final = "mailer:bits:bounced"
"""Bitmap: subscribers to whom mail came back since they were last vouched for."""
SUPPRESSED: Final = "mailer:bits:suppressed"
"""Bitmap: subscribers whose address is suppressed."""
SUPPRESSION: Final = "mailer:suppression"
"""Hash: keyed hash of an address -> JSON (reason, since)."""

DIRECTORIES_DONE: Final = "mailer:directories:done"
"""Hash: name of a directory -> the last time of its schedule that was dealt with (Unix seconds)."""

THROTTLES: Final = "mailer:throttles"
"""Hash: a rate limit in words -> until when its permits are used up (Unix milliseconds)."""

EDITIONS: Final = "mailer:editions"
"""Hash: slug -> JSON summary of the version imported last."""
CAMPAIGN_NEXT: Final = "mailer:campaigns:last"
MAILINGS: Final = "mailer:campaigns:mailings"
"""Hash: beginning of an identity (40 bits, hexadecimal) -> `CAMPAIGN IDENTITY`, the latter whole.
Campaigns draw one when they start, and one for each lot of trials."""
CAMPAIGN_STARTS: Final = "mailer:campaigns:starts"
"""Counter: starts of campaigns. Watched while it is decided what others have sent."""
CAMPAIGNS_OPEN: Final = "mailer:campaigns:open"
"""Set: campaigns that are sending, paused, or cancelled with deliveries still in flight."""
APPROVALS: Final = "mailer:campaigns:approvals"
"""Hash: number of a campaign -> what was proposed of it, and who consented (JSON)."""
CAMPAIGNS_SCHEDULED: Final = "mailer:campaigns:scheduled"
"""Sorted set: campaign -> its instant (Unix seconds)."""

CALENDAR: Final = "mailer:calendar"
"""Hash: id of an entry -> the entry as it is now (JSON, see `mailer.domain.calendar.rows`)."""
CALENDAR_UIDS: Final = "mailer:calendar:uids"
"""Hash: UID of an entry -> its id."""
CALENDAR_NUMBERS: Final = "mailer:calendar:numbers"
"""Hash: number of an entry, as tokens have it -> its id."""
CALENDAR_ENDS: Final = "mailer:calendar:ends"
"""Sorted set: id of an entry -> when its last occurrence ends (Unix seconds; +inf: never)."""
CALENDAR_REVISION: Final = "mailer:calendar:revision"
"""Hash: `number` of changes made to the calendar, and `at`: when the last one was (ISO 8601)."""
CALENDAR_TOLD: Final = "mailer:calendar:told"
"""Hash: id of an entry -> the sequence that readers were told of last."""
CALENDAR_CHANGED: Final = "mailer:calendar:changed"
"""Sorted set: id of an entry that changed, and was not yet looked at for a notice -> when it did
last (Unix seconds)."""
SEGMENTS: Final = "mailer:segments"
"""Hash: name of a segment -> its rule, version and instant (JSON)."""
CALENDAR_INDEXED: Final = "mailer:calendar:indexed"
"""Text: when all reminders were worked out last (Unix seconds)."""
REMINDERS_DUE: Final = "mailer:calendar:due"
"""Sorted set: `ENTRY OCCURRENCE OFFSET SEQUENCE` -> when that reminder goes out (Unix seconds).

The occurrence of an entry that does not repeat is `-`. What was dealt with is no longer there.
"""

PATIENCE: Final = "mailer:patience"
"""The prefix of expiring counters of how often the bearer of a token had something done."""
JOBS_REFUSED: Final = "mailer:jobs:refused"
"""Counter: what workers found in the queues that was no job of ours."""


def subscriber(n: int) -> str:
    """Hash: one subscriber's fields."""
    return f"{SUBSCRIBER}{n}"


def status_bits(status: str) -> str:
    """Bitmap: subscribers in that status."""
    return f"{BITS}status:{status}"


def language_bits(language: str) -> str:
    """Bitmap: subscribers who read that language."""
    return f"{BITS}language:{language}"


def topic_bits(topic: str) -> str:
    """Bitmap: subscribers to that topic."""
    return f"{BITS}topic:{topic}"


def tag_bits(tag: str) -> str:
    """Bitmap: subscribers who carry that tag."""
    return f"{BITS}tag:{tag}"


def directory_bits(name: str) -> str:
    """Bitmap: subscribers whom that directory brought in."""
    return f"{BITS}directory:{name}"


def directory_lease(name: str) -> str:
    """Text, expiring: a process keeps the list in step with that directory just now."""
    return f"mailer:directories:lease:{name}"


def attribute_bits(mark: str) -> str:
    """Bitmap: subscribers with a value of that mark; see `mailer.domain.subscribers.attributes`."""
    return f"{BITS}attribute:{mark}"


def joined_bits(place: int) -> str:
    """Bitmap: subscribers whose day of joining (days since 1970, UTC) has that binary digit."""
    return f"{BITS}joined:{place}"


def edition(slug: str, digest: str) -> str:
    """Hash: one version of an edition, its source files by name; never changed once written."""
    return f"mailer:edition:{slug}:{digest}"


def edition_card(slug: str, digest: str) -> str:
    """Text: the card of a version (JSON; see `parsing.card`), made when it was imported."""
    return f"mailer:edition:{slug}:{digest}:card"


def campaign(c: int) -> str:
    """Hash: one campaign's fields."""
    return f"mailer:campaign:{c}"


def ledger(c: int, name: str) -> str:
    """Bitmap of a campaign's ledger; `mailer.store.campaigns.ledger` lists the names."""
    return f"mailer:campaign:{c}:{name}"


def ledgers(c: int, *names: str) -> dict[str, str]:
    """Return bitmaps of a campaign's ledger by their names, as scripts take them."""
    return {name: ledger(c, name) for name in names}


def delivery_language(c: int, language: str) -> str:
    """Bitmap: the deliveries of a campaign in that language, frozen at its start."""
    return f"mailer:campaign:{c}:language:{language}"


def skipped_for(c: int, reason: str) -> str:
    """Bitmap: the deliveries of a campaign that were skipped for that reason."""
    return f"mailer:campaign:{c}:skipped:{reason}"


def details(c: int) -> str:
    """Hash: subscriber number -> JSON of what did not go well."""
    return f"mailer:campaign:{c}:details"


def bounces(c: int) -> str:
    """Hash: subscriber number -> JSON of what was said later, if `bounced` or `complained`."""
    return f"mailer:campaign:{c}:bounces"


def attempts(c: int) -> str:
    """Hash: subscriber number -> attempts made, kept for those that needed more than one."""
    return f"mailer:campaign:{c}:attempts"


def chunks(c: int) -> str:
    """List: the first subscriber number of each chunk, ascending, then one past the last."""
    return f"mailer:campaign:{c}:chunks"


def chunks_due(c: int) -> str:
    """Sorted set: unfinished chunk -> its next turn, or its lease's end (server's Unix ms)."""
    return f"mailer:campaign:{c}:due"


def chunk_owners(c: int) -> str:
    """Hash: chunk -> token of who took it last; `again:CHUNK`: a late answer left work."""
    return f"mailer:campaign:{c}:owners"


def awaited(c: int) -> str:
    """Sorted set: delivery in flight, its chunk given back -> awaited until (Unix ms)."""
    return f"mailer:campaign:{c}:awaited"


def chunk_retries(c: int, chunk: int) -> str:
    """Sorted set: deferred subscriber number of a chunk -> its next try (Unix milliseconds)."""
    return f"mailer:campaign:{c}:retries:{chunk}"


def rate(c: int) -> str:
    """Hash: second modulo 64 -> `second:settled`, a ring from which the rate is told."""
    return f"mailer:campaign:{c}:rate"


def over_time(c: int) -> str:
    """Hash: `60 BEGIN accepted`, or `rejected` -> how many of a campaign's in that minute.

    BEGIN is in Unix seconds; a campaign that takes many minutes has further ones by the hour, as
    `3600 BEGIN accepted`.
    """
    return f"mailer:campaign:{c}:over-time"


def tally(c: int) -> str:
    """Text: JSON of a campaign's deliveries by domain and by reason, and what it was counted of."""
    return f"mailer:campaign:{c}:tally"


def relay_trouble(name: str) -> str:
    """Text, expiring: why a worker gives a relay no mail."""
    return f"mailer:relay-trouble:{name}"


def relay_late(name: str) -> str:
    """Text, expiring: JSON, how many answers of a relay a worker waits for, since when."""
    return f"mailer:relay-late:{name}"


def relay_silent(name: str) -> str:
    """Text, expiring: since when a relay has answered nothing."""
    return f"mailer:relay-silent:{name}"


def queues(c: int) -> str:
    """Hash: a rate limit in words -> the first free place of a campaign's queue for it.

    Also `paced ` and its words -> until when it makes the campaign wait; both Unix milliseconds.
    """
    return f"mailer:campaign:{c}:queues"


def waiting_for(c: int, limit: str) -> str:
    """Bitmap: deferred deliveries of a campaign that wait for a rate limit, given in words."""
    return f"mailer:campaign:{c}:waiting:{limit}"


def calendar_versions(entry: str) -> str:
    """Hash: sequence -> an entry as it was then (JSON); all versions, the present one included."""
    return f"mailer:calendar:versions:{entry}"


def calendar_upload(person: str) -> str:
    """Hash, expiring: the calendar file that a person has sent and not yet taken in.

    Its `token`, its `name`, and the `file` itself, compressed.
    """
    return f"mailer:calendar:upload:{person}"


def reminded(entry: str) -> str:
    """Hash: `OCCURRENCE OFFSET SEQUENCE` -> number of the campaign that was made for it."""
    return f"mailer:calendar:reminded:{entry}"


def answers(entry: str) -> str:
    """Hash: `SUBSCRIBER OCCURRENCE` -> a reader's answer to an invitation (JSON)."""
    return f"mailer:calendar:answers:{entry}"


def answer_tally(entry: str) -> str:
    """Hash: `OCCURRENCE ANSWER LANGUAGE` -> how many answered so."""
    return f"mailer:calendar:tally:{entry}"


def answered_bits(entry: str, attendance: str) -> str:
    """Bitmap: subscribers who answered so, about any occurrence of an entry."""
    return f"mailer:calendar:answered:{entry}:{attendance}"


def answered_times(entry: str) -> str:
    """Hash: `SUBSCRIBER ANSWER` -> about how many occurrences of an entry it was answered so."""
    return f"mailer:calendar:answered-times:{entry}"
