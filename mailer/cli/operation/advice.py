"""Advice on what most lists need and this configuration lacks; not errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mailer.domain.settings.relay_habits import habit_of

if TYPE_CHECKING:
    from mailer.config import Settings


def advice(settings: Settings) -> Iterator[str]:
    """List what is missing, a sentence each."""
    if not settings.owner_address:
        yield "But owner_address is empty: nobody hears of what needs a person."
    if not settings.dkim_keys:
        yield "But dkim_keys is empty: unless your relay signs, large providers refuse the mail."
    elif unsigned := _unsigned(settings):
        yield (
            f"But no key in dkim_keys is of {unsigned}, the domain that mail comes from: "
            "others see it as unsigned (DMARC)."
        )
    yield from _about_relays(settings)
    if not settings.listen and not settings.imap_url:
        yield (
            "But listen and imap_url are empty: mail to the list is not seen, bounces neither, "
            "unless your mail server hands it to `mailer inbound deliver`."
        )
    yield from _about_authentication(settings)
    yield from _about_pages(settings)
    yield from _about_topics(settings)


def _about_relays(settings: Settings) -> Iterator[str]:
    """List the conflicts between signing and a relay's handling of mail."""
    found = dict.fromkeys(habit_of(relay.host) for relay in settings.relays)
    for habit in (habit for habit in found if habit and settings.dkim_keys):
        missing = [name for name in habit.rewrites if name not in settings.dkim_unsigned]
        if missing:
            names = ", ".join(f'"{name}"' for name in (*settings.dkim_unsigned, *missing))
            yield (
                f"But {habit.provider} writes {' and '.join(missing)} anew, which breaks signatures"
                f" that cover them: set dkim_unsigned = [{names}]."
            )
        if habit.one_signature and len(settings.dkim_keys) > 1:
            yield (
                f"But {habit.provider} refuses mail with two signatures: leave one key in"
                " dkim_keys, the RSA one, and let the provider add none of its own."
            )


def _about_authentication(settings: Settings) -> Iterator[str]:
    """List what is not believed, and what is believed but should not be (RFC 8601 section 5)."""
    server, hosts = settings.authentication_server, settings.authentication_hosts
    for name in ("authentication_hosts", "complaint_reporters"):
        if getattr(settings, name) and not server:
            yield f"But {name} does nothing while authentication_server is empty."
    if not server:
        return
    for one in settings.listen:
        if not hosts and (one.protocol == "smtp" or not one.local):
            yield (
                f"But mail to {one.name} need not have passed {server}: the"
                " Authentication-Results in mail that comes in there are not believed. If your mail"
                " server hands mail over there, name its address in authentication_hosts; or have"
                " it do so by LMTP on this machine or by a pipe, or let it be fetched by IMAP."
            )
    for host in hosts:
        if host.endswith("/0"):
            yield (
                f"But authentication_hosts holds {host}, which is everybody: whoever writes"
                f" {server} into a mail is believed."
            )


def _about_pages(settings: Settings) -> Iterator[str]:
    if settings.public_url and not settings.web_listen:
        yield "But web_listen is empty: links lead to public_url, and this machine serves nothing."
    if settings.web_listen and not settings.public_url:
        yield "But public_url is empty: pages are served, and no mail leads to them."


def _about_topics(settings: Settings) -> Iterator[str]:
    """Say which topics readers see under a name that is not of their language."""
    from mailer.content.language.topic_words import in_words
    from mailer.domain.subscribers.topic import EVERY

    for topic in in_words(settings.topics).values():
        missing = [
            code
            for code in settings.languages
            if not topic.names.keys() & {code, code.partition("-")[0], EVERY}
        ]
        if missing:
            name = topic.name(missing[0], settings.languages)
            yield (
                f"But the topic {topic.id} has no name in {', '.join(missing)}: readers see"
                f' "{name}". Write name below [topics.{topic.id}].'
            )


def _unsigned(settings: Settings) -> str:
    """Return the domain of the sender where no key is of it or of one above it; or nothing."""
    domain = settings.sender_address.rpartition("@")[2].lower()
    signed = {key.domain.lower() for key in settings.dkim_keys}
    return "" if any(domain == one or domain.endswith(f".{one}") for one in signed) else domain
