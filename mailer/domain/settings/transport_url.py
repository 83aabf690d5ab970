"""Ways to hand mail over other than SMTP, written as `scheme:place`, as settings hold them.

A transport is registered here by its scheme, with what reads its place; what carries the mail is
registered in `relay.opening`.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from mailer.domain.settings.relay_url import RelayUrl

RECIPIENT: Final = "{recipient}"
SENDER: Final = "{sender}"
END_OF_OPTIONS: Final = "--"
_PIPE_SHAPE: Final = "write it as pipe:/usr/sbin/sendmail -i -f {sender} -- {recipient}"


@dataclass(frozen=True, slots=True)
class TransportUrl:
    """A way for mail other than an SMTP relay. Holds no secret: a key is in a file, named here."""

    scheme: str
    place: str
    """The argument of the scheme's transport: a folder, a command, …"""

    @property
    def name(self) -> str:
        """Tell which it is, for people and logs."""
        return f"{self.scheme}:{self.place}"

    @property
    def host(self) -> str:
        """Tell by which name rate limits speak of it: its scheme."""
        return self.scheme

    def __str__(self) -> str:
        return self.name


Destination = RelayUrl | TransportUrl
"""A place where mail is handed over: an SMTP relay, or something else."""


def parse_destination(text: str) -> Destination:
    """Read one entry of the relays: a URL of an SMTP relay, or `scheme:place`.

    Does not look whether the place is there.

    Raises:
        ValueError: it is neither. The message has a remedy, and repeats no part of an SMTP
            relay's URL.
    """
    scheme, _, place = text.strip().partition(":")
    read = _PLACES.get(scheme.lower())
    if read is None:
        return RelayUrl.parse(text)
    return TransportUrl(scheme.lower(), read(place.strip()))


def _path(what: str, example: str) -> Callable[[str], str]:
    """Return what reads a path from the root; its complaint says `what`, and shows an example."""

    def read(place: str) -> str:
        if not place.startswith("/") or not place.isprintable():
            raise ValueError(f"{what} from the root; write it as {example}.")
        return str(PurePosixPath(place))

    return read


def _command(place: str) -> str:
    try:
        words = shlex.split(place)
    except ValueError:
        raise ValueError(f"The command has a quote that does not end; {_PIPE_SHAPE}.") from None
    if not words or not words[0].startswith("/") or not place.isprintable():
        raise ValueError(f"A command is named from the root; {_PIPE_SHAPE}.")
    if words.count(RECIPIENT) != 1 or words.count(SENDER) != 1:
        raise ValueError(
            "The command needs {sender} and {recipient}, each once and as a word of its own;"
            f" {_PIPE_SHAPE}."
        )
    if END_OF_OPTIONS not in words[: words.index(RECIPIENT)]:
        # Or an address that begins with a hyphen, which strangers may choose, were an option.
        raise ValueError(f"The command needs -- before {{recipient}}; {_PIPE_SHAPE}.")
    return shlex.join(words).replace(f"'{SENDER}'", SENDER).replace(f"'{RECIPIENT}'", RECIPIENT)


_PLACES: Final[Mapping[str, Callable[[str], str]]] = {
    "maildir": _path("A maildir is a folder", "maildir:/srv/mail/out"),
    "pipe": _command,
}
"""Each scheme, and what reads its place: returns it in its usual form, or raises `ValueError`."""
