"""Judges the DMARC record of the sender's domain (RFC 7489), and whether we align with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from mailer.domain.access.alignment import aligned, canonical, organisational
from mailer.domain.deliverability import tags
from mailer.domain.deliverability.codes import found
from mailer.domain.deliverability.finding import Finding

VERSION: Final = "DMARC1"
POLICIES: Final = ("none", "quarantine", "reject")
_MOST_PLACES: Final = 10


@dataclass(frozen=True, slots=True)
class Policy:
    """What a domain asks receivers to do, and where they report to."""

    policy: str
    subdomains: str
    """What holds for names below the domain; as `policy` where `sp` is not given."""
    strict_dkim: bool = False
    strict_spf: bool = False
    percent: int = 100
    reports: tuple[str, ...] = field(default=())
    """Addresses that aggregate reports go to."""


def names(author: str) -> list[str]:
    """Return where receivers look for the record of an author's domain (RFC 7489 section 6.6.3)."""
    domain, above = canonical(author), organisational(author)
    return [f"_dmarc.{one}" for one in dict.fromkeys((domain, above)) if one]


def candidates(texts: Sequence[str]) -> list[str]:
    """Return the DMARC records among the texts at a name; others do not count."""
    return [one for one in texts if tags.is_version(one, VERSION)]


def read(record: str) -> Policy | None:
    """Read a record; None if receivers would not take it as one (RFC 7489 section 6.3)."""
    given = tags.read(record)
    if given is None or next(iter(given), "") != "v":
        return None
    policy = given.get("p", "").lower()
    reports = _places(given.get("rua", ""))
    if policy not in POLICIES:
        if not reports:  # RFC 7489 section 6.6.3: with a place for reports it counts as none
            return None
        policy = "none"
    below = given.get("sp", "").lower()
    percent = given.get("pct", "100")
    return Policy(
        policy,
        below if below in POLICIES else policy,
        given.get("adkim", "r").lower() == "s",
        given.get("aspf", "r").lower() == "s",
        int(percent) if percent.isascii() and percent.isdecimal() and len(percent) < 4 else 100,
        reports,
    )


def _places(text: str) -> tuple[str, ...]:
    found_: list[str] = []
    for one in text.split(",")[:_MOST_PLACES]:
        scheme, _, rest = one.strip().partition(":")
        address = rest.partition("!")[0].strip()  # RFC 7489 section 6.2: `!` and a size limit
        if scheme.lower() == "mailto" and "@" in address:
            found_.append(address)
    return tuple(found_)


def judge(
    author: str,
    name: str,
    records: Sequence[str],
    *,
    envelope: str,
    signing: Collection[str],
) -> tuple[list[Finding], Policy | None]:
    """Judge what receivers find for our mail.

    Args:
        author: the domain of the From address.
        name: where the records were found: `_dmarc.` and the domain, or the one above it; the
            last one that was asked where there are none.
        records: the DMARC records there.
        envelope: the domain of our return paths, which SPF is about.
        signing: the domains that our keys sign for.

    Returns:
        The findings, and the policy if there is one.
    """
    if not records:
        return [found("dmarc.none", name=f"_dmarc.{canonical(author)}", domain=author)], None
    if len(records) > 1:
        return [found("dmarc.several", name=name, count=len(records))], None
    policy = read(records[0])
    if policy is None:
        return [found("dmarc.broken", name=name, record=records[0])], None
    inherited = name != f"_dmarc.{canonical(author)}"
    said = policy.subdomains if inherited else policy.policy
    findings = _alignment(author, policy, envelope, signing)
    if inherited and said == "none" != policy.policy:
        findings.append(found("dmarc.subdomains", name=name, policy=policy.policy, domain=author))
    elif said == "none":
        findings.append(found("dmarc.watching", name=name))
    if said != "none" and policy.percent < 100:
        findings.append(found("dmarc.part", name=name, percent=policy.percent))
    if not policy.reports:
        findings.append(found("dmarc.no_reports", name=name))
    return findings or [found("dmarc.good", name=name, policy=said)], policy


def _alignment(
    author: str, policy: Policy, envelope: str, signing: Collection[str]
) -> list[Finding]:
    """Tell whether at least one of SPF and DKIM can align (RFC 7489 section 3.1)."""
    near = [one for one in signing if aligned(author, one)]
    by_dkim = [one for one in near if canonical(one) == canonical(author) or not policy.strict_dkim]
    by_spf = aligned(author, envelope) and (
        canonical(envelope) == canonical(author) or not policy.strict_spf
    )
    told = {"author": author, "envelope": envelope, "signing": ", ".join(sorted(set(signing)))}
    if not by_dkim and not by_spf:
        return [found("dmarc.unaligned", **told)]
    if (near and not by_dkim) or (not by_spf and policy.strict_spf and aligned(author, envelope)):
        return [found("dmarc.strict", **told)]
    return []


def outside(author: str, policy: Policy) -> list[tuple[str, str]]:
    """List the places for reports in others' domains, which must agree (RFC 7489 section 7.1).

    Returns:
        (domain of the place, name at which its consent must be).
    """
    there = {
        place.rpartition("@")[2].lower()
        for place in policy.reports
        if not aligned(author, place.rpartition("@")[2])
    }
    return [(one, f"{canonical(author)}._report._dmarc.{one}") for one in sorted(there) if one]
