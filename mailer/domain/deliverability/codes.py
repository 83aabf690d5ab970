"""All findings that there can be: code -> state. Words for each are with the front ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mailer.domain.deliverability.finding import Fact, Finding, State

GOOD, WARNING, BAD, UNKNOWN = State.GOOD, State.WARNING, State.BAD, State.UNKNOWN

LONGEST_FACT: Final = 300
"""Characters of a fact: a record may be long, and a relay may talk much."""

CODES: Final[Mapping[str, State]] = {
    "settings.good": GOOD,
    "settings.missing": BAD,
    "settings.example": BAD,
    "settings.local": BAD,
    "settings.owner": WARNING,
    "clock.good": GOOD,
    "clock.differs": WARNING,
    "clock.wrong": BAD,
    "clock.shifted": BAD,
    "disk.good": GOOD,
    "disk.low": WARNING,
    "disk.full": BAD,
    "disk.unknown": UNKNOWN,
    "store.good": GOOD,
    "store.stopped": UNKNOWN,
    "store.away": BAD,
    "store.forgets": BAD,
    "store.evicts": BAD,
    "store.write_failed": BAD,
    "store.slow": WARNING,
    "backups.good": GOOD,
    "backups.old": WARNING,
    "backups.none": WARNING,
    "backups.unknown": UNKNOWN,
    "spf.pass": GOOD,
    "spf.provider": GOOD,
    "spf.none": BAD,
    "spf.several": BAD,
    "spf.broken": BAD,
    "spf.everybody": BAD,
    "spf.fail": BAD,
    "spf.softfail": WARNING,
    "spf.neutral": WARNING,
    "spf.relay": WARNING,
    "spf.no_address": UNKNOWN,
    "spf.unknown": UNKNOWN,
    "dkim.good": GOOD,
    "dkim.no_keys": WARNING,
    "dkim.bad_file": BAD,
    "dkim.none": BAD,
    "dkim.other": BAD,
    "dkim.revoked": BAD,
    "dkim.several": BAD,
    "dkim.broken": BAD,
    "dkim.testing": WARNING,
    "dkim.weak": WARNING,
    "dkim.unknown": UNKNOWN,
    "dmarc.good": GOOD,
    "dmarc.none": BAD,
    "dmarc.several": BAD,
    "dmarc.broken": BAD,
    "dmarc.unaligned": BAD,
    "dmarc.strict": WARNING,
    "dmarc.watching": WARNING,
    "dmarc.subdomains": WARNING,
    "dmarc.part": WARNING,
    "dmarc.no_reports": WARNING,
    "dmarc.reports_refused": WARNING,
    "dmarc.unknown": UNKNOWN,
    "ptr.good": GOOD,
    "ptr.none": BAD,
    "ptr.unconfirmed": BAD,
    "ptr.no_address": UNKNOWN,
    "ptr.unknown": UNKNOWN,
    "mx.good": GOOD,
    "mx.none": BAD,
    "mx.refuses": BAD,
    "mx.nowhere": BAD,
    "mx.implicit": WARNING,
    "mx.unknown": UNKNOWN,
    "mta_sts.good": GOOD,
    "mta_sts.none": GOOD,
    "mta_sts.testing": WARNING,
    "mta_sts.off": WARNING,
    "mta_sts.several": BAD,
    "mta_sts.broken": BAD,
    "mta_sts.no_policy": BAD,
    "mta_sts.other_mx": BAD,
    "mta_sts.unreachable": UNKNOWN,
    "mta_sts.unknown": UNKNOWN,
    "tls_rpt.good": GOOD,
    "tls_rpt.none": GOOD,
    "tls_rpt.several": BAD,
    "tls_rpt.broken": BAD,
    "tls_rpt.unknown": UNKNOWN,
    "relay.other": GOOD,
    "relay.tls": GOOD,
    "relay.local": GOOD,
    "relay.expires": WARNING,
    "relay.unverified": WARNING,
    "relay.invalid": BAD,
    "relay.no_tls": WARNING,
    "relay.no_tls_required": BAD,
    "relay.away": BAD,
    "login.good": GOOD,
    "login.none": GOOD,
    "login.clear": WARNING,
    "login.refused": BAD,
    "one_click.good": GOOD,
    "one_click.by_mail": WARNING,
    "one_click.insecure": BAD,
    "one_click.refused": BAD,
    "one_click.certificate": BAD,
    "one_click.away": BAD,
    "one_click.unknown": UNKNOWN,
    "test.accepted": GOOD,
    "test.refused": BAD,
    "test.deferred": WARNING,
    "test.unknown": UNKNOWN,
    "check.late": UNKNOWN,
    "check.failed": UNKNOWN,
}

SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "settings": ("settings",),
    "sending": ("spf", "dkim", "dmarc", "ptr"),
    "relays": ("relay", "login", "test"),
    "receiving": ("mx", "mta_sts", "tls_rpt"),
    "web": ("one_click",),
    "machine": ("clock", "disk", "store", "backups", "check"),
}
"""The checks by what they are about, in the order in which people read them."""


def found(code: str, **facts: Fact) -> Finding:
    """Make a finding of a known code; texts in its facts are on one line and not endless.

    Raises:
        KeyError: there is no such code. A programming error.
    """
    return Finding(code, CODES[code], {name: _plain(value) for name, value in facts.items()})


def _plain(value: Fact) -> Fact:
    if isinstance(value, int):
        return value
    text = "".join(sign if sign.isprintable() else " " for sign in value[: 4 * LONGEST_FACT])
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_FACT else f"{text[: LONGEST_FACT - 1]}…"
