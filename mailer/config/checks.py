"""Checks of settings that are right by themselves, but wrong beside others or a file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from mailer.config import secret
from mailer.domain.campaigns.rate_limit import RateLimit
from mailer.domain.settings.directory import Directory
from mailer.domain.settings.setting import DkimKey, SettingError
from mailer.domain.settings.transport_url import Destination, TransportUrl
from mailer.domain.subscribers.topic import EVERY, Topics
from mailer.errors import Problem


def names(value: str | Mapping[str, str], languages: Collection[str] | None) -> None:
    """Make sure that there is a name, and for no language that readers cannot choose.

    Args:
        value: one name, or one for each language.
        languages: those that readers can choose; none if that setting is wrong itself.

    Raises:
        SettingError: there is none, or one too many.
    """
    known = value if languages is None else languages
    unknown = set(value) - set(known) if isinstance(value, Mapping) else ()
    if unknown:
        raise SettingError(
            f"{', '.join(sorted(unknown))} is not one of the languages",
            "add it to languages, or remove the name",
        )
    if not value:
        raise SettingError("it is empty", "give the name that readers see as the sender")


def topics(value: Topics, languages: Sequence[str] | None) -> None:
    """Make sure that topics have words in no language that readers cannot choose.

    Args:
        value: the topics.
        languages: those that readers can choose; none if that setting is wrong itself.

    Raises:
        SettingError: one has, or its id is a language's code, so that an address such as
            `bulletin-subscribe+fr` could mean either.
    """
    if languages is None:
        return
    problems, codes = [], {code.lower() for code in languages}
    for topic in value.values():
        texts = {"name": topic.names, "short": topic.shorts, "description": topic.descriptions}
        for key, said in texts.items():
            for code in sorted(set(said) - {EVERY, *languages}):
                wrong = f"{code} is not one of the languages"
                remedy = "add it to languages, or remove the text"
                problems.append(
                    Problem(f"{topic.id}, {key}", wrong, remedy, code="setting.bad_value")
                )
        if topic.id in codes:
            wrong = "this is the code of a language, and could mean that in an address"
            problems.append(Problem(topic.id, wrong, "choose another id", code="setting.bad_value"))
    if problems:
        raise SettingError.of(problems)


def owner_elsewhere(list_name: str | None, domain: str, owner: str) -> None:
    """Make sure that the secretariat's address is not the list's own.

    Raises:
        SettingError: it is.
    """
    own = f"{list_name}@{domain}"
    if domain and owner.lower() == own:
        raise SettingError(
            f"{own} is the list's own mailbox and cannot be owner_address too, for mail to"
            " it would go in a circle",
            "give owner_address a mailbox that people read",
        )


def directories(
    value: Mapping[str, Directory],
    languages: Collection[str] | None,
    topics: Collection[str] | None,
) -> None:
    """Make sure that directories bring readers in for languages and topics that there are.

    Raises:
        SettingError: one names another.
    """
    for name, one in value.items():
        for word, known in ((one.language, languages), *((topic, topics) for topic in one.topics)):
            if word and known is not None and word not in known:
                text = f'{name}: "{word}" is not one of {", ".join(known)}'
                raise SettingError(text, "correct it, or add it to the languages or topics")


def keys(value: Sequence[DkimKey]) -> None:
    """Make sure that the files of the keys can be read, and hold keys.

    Raises:
        SettingError: with a problem for each that cannot be used.
    """
    problems = []
    for number, key in enumerate(value, start=1):
        try:
            content = secret.read(key.file)
        except secret.SecretFileError as error:
            wrong = error.problem
            text = f"the key file {wrong.place} cannot be used: {wrong.text}"
            problems.append(Problem(f"item {number}", text, wrong.remedy, code=wrong.code))
            continue
        if "PRIVATE KEY-----" not in content:
            text = f"the file {key.file} holds no private key in PEM"
            problems.append(
                Problem(
                    f"item {number}", text, "`mailer init` makes such keys", code="setting.bad_key"
                )
            )
    if problems:
        raise SettingError.of(problems)


def alike(value: Sequence[Destination]) -> None:
    """Make sure that a way other than SMTP stands by itself: only SMTP relays share out mail.

    Raises:
        SettingError: it stands beside another.
    """
    others = [one for one in value if isinstance(one, TransportUrl)]
    if others and len(value) > 1:
        raise SettingError(
            f"{others[0].scheme}: stands beside another way, and mail is shared out among SMTP"
            " relays only",
            f"leave {others[0].scheme}: alone in the list, or take it out",
        )


def relays(limits: Sequence[RateLimit], known: Sequence[Destination]) -> None:
    """Make sure that rate limits are about relays that there are.

    Args:
        limits: the rate limits.
        known: the relays; empty if that setting is wrong itself.

    Raises:
        SettingError: one is about another.
    """
    hosts = {relay.host.lower() for relay in known}
    for limit in limits:
        if hosts and limit.relay and limit.relay not in hosts:
            raise SettingError(
                f'"{limit}" is about a relay that is not in relays',
                f"use one of {', '.join(sorted(hosts))}",
            )
