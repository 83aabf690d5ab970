"""The DNS records that this list should publish."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from mailer.config import Settings
from mailer.domain.deliverability import providers, records
from mailer.domain.deliverability.dkim_record import PublicKey
from mailer.domain.deliverability.records import Record
from mailer.domain.settings.listen_url import is_loopback
from mailer.services.sending import composing


def public_keys(settings: Settings) -> list[PublicKey]:
    """Return the public halves of the keys that sign our mail.

    Raises:
        ConfigError: a key's file cannot be used.
    """
    return [
        public_key(key.domain, key.selector, form.load_pem_private_key(key.pem, None))
        for key in composing.signing_keys(settings)
    ]


def public_key(domain: str, selector: str, private: object) -> PublicKey:
    """Return the public half of a private key as it is published.

    Raises:
        TypeError: it is neither RSA nor Ed25519.
    """
    if isinstance(private, ed25519.Ed25519PrivateKey):
        # RFC 8463 section 4.2: an Ed25519 key is published as its 32 bytes.
        raw = private.public_key().public_bytes(form.Encoding.Raw, form.PublicFormat.Raw)
        return PublicKey(domain, selector, "ed25519", raw)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError(f"{type(private).__name__} signs no mail.")
    # RFC 6376 section 3.6.1: an RSA key is published as SubjectPublicKeyInfo.
    public, der = private.public_key(), form.Encoding.DER
    whole = public.public_bytes(der, form.PublicFormat.SubjectPublicKeyInfo)
    bare = public.public_bytes(der, form.PublicFormat.PKCS1)
    return PublicKey(domain, selector, "rsa", whole, bare, private.key_size)


def to_publish(settings: Settings) -> list[Record]:
    """Return the records to publish, by the settings; none where the list has no domain yet.

    Raises:
        ConfigError: a key's file cannot be used.
    """
    domain = settings.list_domain
    if not domain:
        return []
    author = settings.sender_address.rpartition("@")[2]
    made = [records.dkim(key) for key in public_keys(settings)]
    made += records.beginning(domain, author, _senders(settings))
    return [*made, records.tls_reports(domain)]


def _senders(settings: Settings) -> Sequence[str]:
    """Return what SPF should name, as far as the settings tell."""
    if settings.sending_addresses:
        return [f"ip{6 if ':' in one else 4}:{one}" for one in settings.sending_addresses]
    terms = []
    for relay in settings.relays:
        if include := providers.include_of(relay.host):
            terms.append(f"include:{include}")
        elif relay.host and not is_loopback(relay.host):
            terms.append(f"a:{relay.host}")
    return list(dict.fromkeys(terms))
