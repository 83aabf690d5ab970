"""Judges what the domain says of TLS on mail to it: MTA-STS (RFC 8461), TLS-RPT (RFC 8460)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailer.domain.deliverability import tags
from mailer.domain.deliverability.codes import found
from mailer.domain.deliverability.finding import Finding

MODES: Final = ("enforce", "testing", "none")
MOST_MX: Final = 100
_ID: Final = re.compile(r"[A-Za-z0-9]{1,32}")
_FIELD: Final = re.compile(r"\s*([A-Za-z0-9_.-]{1,32})\s*:\s*(.*?)\s*")


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """A policy file."""

    mode: str
    max_age: int
    """Seconds."""
    mx: tuple[str, ...]
    """Hosts, in small letters; one may begin with `*.`."""


def judge_sts_record(name: str, texts: Sequence[str]) -> Finding | None:
    """Judge the texts at `_mta-sts`; None: there is one good record, so that the policy counts."""
    records = [one for one in texts if tags.is_version(one, "STSv1")]
    if not records:
        return found("mta_sts.none", name=name)
    if len(records) > 1:  # RFC 8461 section 3.1: then there is none
        return found("mta_sts.several", name=name, count=len(records))
    given = tags.read(records[0])
    if given is None or not _ID.fullmatch(given.get("id", "")):
        return found("mta_sts.broken", name=name, record=records[0])
    return None


def read_policy(text: str) -> StsPolicy | None:
    """Read a policy file (RFC 8461 section 3.2); None if senders would not take it."""
    fields: dict[str, str] = {}
    mx: list[str] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        pair = _FIELD.fullmatch(line)
        if pair is None:
            return None
        name, value = pair[1].lower(), pair[2]
        if name == "mx":
            mx.append(value.lower().rstrip("."))
        else:
            fields.setdefault(name, value)
    age = fields.get("max_age", "")
    mode = fields.get("mode", "").lower()
    good = fields.get("version") == "STSv1" and mode in MODES and len(mx) <= MOST_MX
    if not good or not (age.isascii() and age.isdecimal() and len(age) <= 10):
        return None
    return StsPolicy(mode, int(age), tuple(mx)) if mx or mode == "none" else None


def judge_policy(domain: str, policy: StsPolicy | None, hosts: Sequence[str]) -> Finding:
    """Judge a policy beside the MX hosts: one that it does not name gets no mail."""
    if policy is None:
        return found("mta_sts.no_policy", domain=domain, why="")
    if policy.mode == "none":
        return found("mta_sts.off", domain=domain)
    missing = [host for host in hosts if not any(_fits(one, host) for one in policy.mx)]
    if missing:
        return found("mta_sts.other_mx", domain=domain, hosts=", ".join(missing[:5]))
    if policy.mode == "testing":
        return found("mta_sts.testing", domain=domain)
    return found("mta_sts.good", domain=domain, days=policy.max_age // 86_400)


def _fits(pattern: str, host: str) -> bool:
    """Tell whether a host fits (RFC 8461 section 4.1): `*` stands for exactly one label."""
    if pattern.startswith("*."):
        return host.partition(".")[2] == pattern[2:] != ""
    return pattern == host


def judge_tls_rpt(name: str, texts: Sequence[str]) -> Finding:
    """Judge the texts at `_smtp._tls` (RFC 8460 section 3)."""
    records = [one for one in texts if tags.is_version(one, "TLSRPTv1")]
    if not records:
        return found("tls_rpt.none", name=name)
    if len(records) > 1:
        return found("tls_rpt.several", name=name, count=len(records))
    given = tags.read(records[0]) or {}
    places = [one.strip() for one in given.get("rua", "").split(",")]
    if not all(one.lower().startswith(("mailto:", "https:")) for one in places):
        return found("tls_rpt.broken", name=name, record=records[0])
    return found("tls_rpt.good", name=name, places=", ".join(places))
