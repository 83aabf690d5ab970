"""A reader's mail address: how it is written, how it is told from others, how it travels."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from mailer.errors import InputError, Problem

LONGEST: Final = 254
"""Octets of an address: a path holds 256 with its angle brackets (RFC 5321 section 4.5.3.1.3)."""
LONGEST_LOCAL: Final = 64
"""Octets before the @ (RFC 5321 section 4.5.3.1.1)."""

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN: Final = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@([A-Za-z0-9.-]+)", re.ASCII)
"""A dot-atom (RFC 5322 section 3.2.3) at a domain in ASCII: nearly every address there is."""
_NOWHERE: Final = frozenset({"invalid", "localhost", "local", "onion", "arpa"})
"""Last labels that no mail can reach (RFC 6761, 6762, 7686). `test` may be used, for trials."""


class AddressError(InputError):
    """The given text is not an address that mail can be sent to.

    Attributes:
        reason: what is wrong with it.
        remedy: how to mend it.
    """

    code = "invalid_address"

    def __init__(self, written: str, reason: str, remedy: str) -> None:
        """Describe the error in the text that was given."""
        self.reason = reason
        facts = {"given": _short(written)}
        super().__init__([Problem("address", reason, remedy, code="invalid_address", facts=facts)])
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Address:
    """One address, checked for its form only: nobody was asked whether it exists."""

    given: str
    """For people and for delivery: the local part as written, the domain in its own script."""
    key: str
    """Two addresses with the same key are one: caseless, the domain in ASCII (A-labels)."""
    ascii: str
    """For SMTP without SMTPUTF8; empty if the local part cannot be written so."""

    @property
    def needs_smtputf8(self) -> bool:
        """Tell whether only a relay with SMTPUTF8 (RFC 6531) can take it."""
        return not self.ascii


def parse_address(text: str) -> Address:
    """Read an address as a person typed it; spaces around it do not matter.

    Dots and `+tags` before the @ are kept: what they mean is the receiving system's business.

    Raises:
        AddressError: with the reason and a remedy in our own words.
    """
    written = text.strip()
    plain = _PLAIN.fullmatch(written)
    if plain and len(plain[1]) <= LONGEST_LOCAL and len(written) <= LONGEST:
        domain = _ascii_domain(plain[2])
        if domain is not None:
            address = f"{plain[1]}@{domain[0]}"
            return Address(address, f"{plain[1].lower()}@{domain[1]}", f"{plain[1]}@{domain[1]}")
    return _parse_slowly(written)


def key_of(text: str) -> str:
    """Return the key under which an address is known; see `parse_address`."""
    return parse_address(text).key


def _parse_slowly(written: str) -> Address:
    _refuse_common_slips(written)
    try:
        found = _validated(written)
    except EmailNotValidError as error:
        raise AddressError(
            written, "is not a mail address", "write it like reader@example.org"
        ) from error
    local = found.local_part
    domain = found.ascii_domain.lower()
    if len(local.encode()) > LONGEST_LOCAL or len(found.normalized.encode()) > LONGEST:
        raise _too_long(written)
    ascii_form = f"{local}@{domain}" if local.isascii() else ""
    return Address(found.normalized, f"{_caseless(local)}@{domain}", ascii_form)


def _validated(written: str) -> ValidatedEmail:
    return validate_email(written, check_deliverability=False, test_environment=True, strict=True)


@lru_cache(maxsize=16384)
def _ascii_domain(domain: str) -> tuple[str, str] | None:
    """Return a domain in its own script and in A-labels; none if it is not one.

    Readers share few domains, so that remembering them saves most of the time of an import.
    """
    try:
        found = _validated(f"a@{domain}")
    except EmailNotValidError:
        return None
    return found.domain, found.ascii_domain.lower()


def _caseless(text: str) -> str:
    """Fold case so that canonically equal texts become the same (Unicode, section 3.13 D145)."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())
    return unicodedata.normalize("NFC", folded)


def _refuse_common_slips(written: str) -> None:
    if not written:
        raise AddressError(written, "there is no address", "write one like reader@example.org")
    if "<" in written or ">" in written:
        raise AddressError(
            written, "holds more than an address", "write only what is between < and >"
        )
    if re.search(r"[\s,;]", written):
        raise AddressError(
            written,
            "holds a space, comma or semicolon",
            "write one address, without anything around it",
        )
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co"} for letter in written):
        raise AddressError(
            written, "holds a character that cannot be seen", "type it anew rather than copying it"
        )
    local, sign, domain = written.rpartition("@")
    if not sign or not local or not domain or "@" in local:
        raise AddressError(
            written, "must have one @ between a name and a domain", "write it in full"
        )
    _refuse_domain(written, domain)
    if len(local.encode()) > LONGEST_LOCAL or len(written.encode()) > LONGEST:
        raise _too_long(written)


def _refuse_domain(written: str, domain: str) -> None:
    if domain.startswith("["):
        raise AddressError(written, "names a machine by number", "use an address at a domain name")
    last = domain.lower().rstrip(".").rpartition(".")[2]
    if last in _NOWHERE:
        raise AddressError(
            written, f"ends in .{last}, where no mail can go", "ask the reader for another address"
        )
    if "." not in domain.strip(".") and last != "test":
        raise AddressError(
            written, "its domain has no dot", "write the whole domain, like example.org"
        )


def _too_long(written: str) -> AddressError:
    return AddressError(
        written,
        f"is too long: mail systems take {LONGEST_LOCAL} octets before the @, {LONGEST} in all",
        "check for text that was pasted into it",
    )


def _short(text: str) -> str:
    """Return a text that fits a line of a report and moves no cursor."""
    seen = "".join(letter if letter.isprintable() else "?" for letter in text)
    return seen if len(seen) <= 60 else f"{seen[:57]}…"
