"""`mailer init`: a configuration to fill in, the keys, and the DNS records to publish."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from mailer.errors import InputError, Problem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from mailer.domain.deliverability.records import Record

app = typer.Typer()

EXAMPLE_DOMAIN: Final = "lists.example.org"
DATA: Final = "data"
CONFIG_MODE: Final = 0o640
"""The file's group may read it; others may not, because it may hold a relay's password."""

HEADING: Final = """\
# The configuration of Mailer. A line that begins with # says what a setting is for, or shows its
# default: remove the "# " before a name to change it. Every setting can also be given as a
# variable, say MAILER_LOG_LEVEL=debug. Paths are relative to this file.
# `mailer config check` says whether all is well.
"""

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "Who writes": ("sender_name", "sender_address", "reply_to", "owner_address"),
    "The list": ("list_name", "list_domain", "public_url", "languages", "time_zone", "attributes"),
    "How mail leaves": (
        "relays",
        "connections",
        "refusals_in_a_row",
        "rate_limits",
        "dkim_keys",
        "dkim_unsigned",
        "sending_addresses",
        "name_servers",
    ),
    "How mail comes in": (
        "listen",
        "imap_url",
        "inbound_max_bytes",
        "authentication_server",
        "authentication_place",
        "authentication_hosts",
        "complaint_reporters",
        "suspend_after_hard",
        "suspend_after_soft",
        "bounce_stale_days",
        "keep_raw_days",
        "keep_raw_bytes",
        "answers_per_connection",
        "answers_per_address",
        "answers_per_network",
        "answers_per_domain",
        "answers_per_hour",
    ),
    "Web pages": (
        "web_listen",
        "metrics_listen",
        "trusted_proxies",
        "allowed_origins",
        "proof_of_work",
        "forms_per_address",
        "forms_per_network",
        "forms_per_hour",
        "api_requests_per_minute",
    ),
    "Who may do what": (
        "approval_for",
        "approval_over",
        "approve_by_mail",
        "openid",
        "audit_days",
        "mail_per_address",
        "mail_per_token",
    ),
    "Web hooks": ("webhook_allow_networks",),
    "When something goes wrong": (
        "retry_hours",
        "lateness_hours",
        "notice_grace_minutes",
        "unknown_policy",
    ),
    "Where things are kept": ("data_dir", "secret_key_file", "redis_url", "durability"),
    "Running": (
        "workers",
        "chunk_size",
        "lease_seconds",
        "log_level",
        "log_format",
        "clock_offset_seconds",
    ),
    "Directories": ("sync",),
    "Topics, last: below a [table], everything is the table's": ("topics",),
}
"""Every setting, in the order in which a person fills them in."""

TOPIC_SAMPLE: Final = """\
#
# Or with a table for each, in the order in which readers see them. All in a table may be left out;
# a text may be the same for all languages, as in name = "Press".
#
#     [topics.bulletin]
#     default = true            # for readers who name no topic; else the first one
#
#     [topics.press]
#     name = { en = "Press releases", fr = "Communiqués de presse", es = "Notas de prensa" }
#     short = { en = "press releases", fr = "communiqués de presse", es = "notas de prensa" }
#     description = { en = "What we tell journalists, on the day." }
#     preselected = false       # true: the form to subscribe has it ticked
#     visible = true            # false: only you put readers on it, and no page offers it
#     moderated = false         # true: who asks for it waits until you say yes
"""

TAKEN: Final = ("it is there already", "move it away, or choose another folder")

KEYS: Final = {"mailer-ed": "ed25519", "mailer-rsa": "rsa"}
"""Selector -> kind. Both sign: Ed25519 (RFC 8463) is not yet verified everywhere, RSA is."""
ALONE: Final = "mailer-rsa"
"""The one that signs where only one may."""


@app.command()
def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Where to write it; made if missing.")
    ] = Path(),
    domain: Annotated[
        str, typer.Option(help="Domain of the list's own addresses.")
    ] = EXAMPLE_DOMAIN,
    data: Annotated[
        str, typer.Option(metavar="DIR", help="Folder for everything that the service keeps.")
    ] = DATA,
    one_key: Annotated[
        bool, typer.Option("--one-key", help="Sign with RSA alone: Amazon SES refuses two.")
    ] = False,
) -> None:
    """Write a configuration to fill in, make the keys, and show the DNS records to publish.

    Makes mailer.toml, data/secret.key, and two keys that sign the mail: keys/mailer-ed.pem
    and keys/mailer-rsa.pem. Overwrites nothing: if one of them is there, nothing is made.
    """
    from mailer.domain.settings import setting

    try:
        domain = setting.domain(domain) or EXAMPLE_DOMAIN
    except setting.SettingError as error:
        raise InputError(
            [Problem("--domain", p.text, p.remedy, code=p.code) for p in error.problems]
        ) from None
    selectors = (ALONE,) if one_key else tuple(KEYS)
    files = _files(folder, data, selectors)
    if there := [file for file in files.values() if file.exists()]:
        raise InputError([Problem(str(file), *TAKEN, code="file.exists") for file in there])
    records = _make(files, domain, data, selectors)
    _report(files, domain, records)


def example(domain: str = EXAMPLE_DOMAIN, *, keys: Sequence[str] = (), data: str = DATA) -> str:
    """Write a commented `mailer.toml` with every setting, its default and what it is for.

    Args:
        domain: the list's domain, which the addresses are made of too.
        keys: selectors of the DKIM keys that `init` makes, to be named.
        data: the folder for all that the service keeps.
    """
    given = {
        "sender_address": f'"bulletin@{domain}"',
        "owner_address": f'"secretariat@{domain}"',
        "list_domain": f'"{domain}"',
    }
    if keys:
        given["dkim_keys"] = _dkim_lines(domain, keys)
    if data != DATA:
        given["data_dir"] = json.dumps(data)
    parts = [HEADING]
    for title, names in GROUPS.items():
        parts.append(f"\n# ---- {title}\n")
        parts += [_entry(name, given.get(name), data) for name in names]
    return "".join(parts)


def _entry(name: str, given: str | None, data: str) -> str:
    import textwrap

    from mailer.config import Settings

    about = textwrap.fill(
        Settings.model_fields[name].description or "",
        96,
        initial_indent="# ",
        subsequent_indent="# ",
        break_on_hyphens=False,
        break_long_words=False,
    )
    line = f"{name} = {given}" if given else f"# {name} = {default_of(name, data)}"
    return f"\n{about}\n{line}\n{TOPIC_SAMPLE if name == 'topics' else ''}"


def default_of(name: str, data: str = DATA) -> str:
    """Write a setting's default as TOML; one of them depends on the data folder."""
    from mailer.config import Settings
    from mailer.domain.subscribers.topic import Topics

    if name == "secret_key_file":
        return json.dumps(f"{data}/secret.key")
    default = Settings.model_fields[name].default
    if default is None:
        return '""'
    if isinstance(default, Topics):
        return json.dumps(default.written())
    if isinstance(default, tuple):
        return json.dumps([str(item) for item in default])
    return json.dumps(default, default=str)


def _dkim_lines(domain: str, selectors: Sequence[str]) -> str:
    rows = (
        f'    {{ domain = "{domain}", selector = "{selector}", file = "keys/{selector}.pem" }},\n'
        for selector in selectors
    )
    return f"[\n{''.join(rows)}]"


def _files(folder: Path, data: str, selectors: Sequence[str]) -> dict[str, Path]:
    keys = {selector: folder / "keys" / f"{selector}.pem" for selector in selectors}
    return {
        "configuration": folder / "mailer.toml",
        "secret": folder / data / "secret.key",
        **keys,
    }


def _make(files: dict[str, Path], domain: str, data: str, selectors: Sequence[str]) -> list[Record]:
    """Make the files, the configuration last, so that it never names a key that is not there.

    Returns:
        The DKIM records.
    """
    from mailer.config import secret
    from mailer.domain.deliverability.records import dkim
    from mailer.services.operation.doctor.publishing import public_key

    keys = {selector: _key(KEYS[selector]) for selector in selectors}
    contents = {files["secret"]: secret.new_key()}
    contents |= {files[selector]: pem for selector, (pem, _) in keys.items()}
    contents[files["configuration"]] = example(domain, keys=selectors, data=data)
    made: list[Path] = []
    try:
        for file, content in contents.items():
            _place(file, content)
            made.append(file)
        files["configuration"].chmod(CONFIG_MODE)
    except secret.SecretFileError as error:
        for file in made:
            file.unlink()
        raise InputError([error.problem]) from None
    return [dkim(public_key(domain, selector, private)) for selector, (_, private) in keys.items()]


def _place(file: Path, content: str) -> None:
    from mailer.config import secret

    if not secret.make(file, content):
        raise secret.SecretFileError(file, *TAKEN)


def _key(kind: str) -> tuple[str, PrivateKeyTypes]:
    """Make a key; return its private half as PEM, and the key."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    key: PrivateKeyTypes
    if kind == "rsa":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        key = ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    return pem.decode("ascii"), key


def _report(files: dict[str, Path], domain: str, records: list[Record]) -> None:
    from mailer.domain.deliverability.records import beginning

    what = {"configuration": "the configuration, to fill in", "secret": "the key that signs links"}
    typer.echo("Made:")
    for name, file in files.items():
        typer.echo(f"  {file}  ({what.get(name, 'a key that signs the mail')})")
    typer.echo("\nPublish these records in the DNS:\n")
    for record in (*records, *beginning(domain)):
        typer.echo(record.zone)
    typer.echo(
        "\nThe last two are a start: name in SPF the servers that send your mail, and tighten"
        "\nDMARC to p=quarantine or p=reject when its reports show that all is signed. If such"
        "\nrecords exist already, add to them; there may be only one of each."
        "\n\nBounces and readers' mail arrive where the domain's MX record points, such as"
        f"\n{domain}. IN MX 10 mail.example.org."
        "\nThe address that sends needs a PTR record: a name that leads back to it."
        f"{_about_two(records)}"
        f"\n\nNext: fill in {files['configuration']}, then run: mailer config check"
        "\nKeep a copy of the keys. Anybody who has them can sign in your name."
    )


def _about_two(records: list[Record]) -> str:
    """Tell when two keys are one too many."""
    if len(records) == 1:
        return ""
    return (
        "\n\nEach mail gets a signature by both keys. If your relay refuses two, as Amazon SES"
        f"\ndoes, leave only {ALONE} in dkim_keys, or make only that: mailer init --one-key"
        "\nThe manual tells under Keys what else such relays change."
    )
