"""Fetches mail from a mailbox at a provider by IMAP (RFC 3501), for those who have no server.

Nothing is deleted: what was taken in moves to a folder, and only after it is on disk here. If the
connection or this process ends in between, the mail is fetched again and known. Mail that is too
large to be taken in moves to a folder of its own, and an event says so.
"""

from __future__ import annotations

import imaplib
import re
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from email.errors import MessageError
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from itertools import islice
from threading import Event
from typing import Any, Final, NamedTuple

from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from mailer import log
from mailer.domain.inbound.received import Incoming, Way
from mailer.domain.settings.mailbox_url import MailboxUrl
from mailer.errors import MailerError, StoreError
from mailer.services.inbound.intake import Intake, Kept

TIMEOUT_SECONDS: Final = 60.0
"""The time within which the provider must answer."""
IDLE_SECONDS: Final = 20 * 60.0
"""The time after which the wait for news is renewed (RFC 2177 section 3: within 29 minutes)."""
POLL_SECONDS: Final = 60.0
"""The interval of looks where the provider has no IDLE, or mail could not be taken in."""
LOOK_SECONDS: Final = 1.0
FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 300.0
"""Waits before connecting again: doubled each time."""
LOT: Final = 20
"""Mails that are taken in at once."""
LOT_BYTES: Final = 10_000_000
_HEADER_BYTES: Final = 256 * 1024
"""The part of a mail in which its header is looked for."""
_ENVELOPE_FIELDS: Final = (
    "Delivered-To",
    "X-Original-To",
    "X-Envelope-To",
    "Envelope-To",
    "X-Delivered-To",
)
"""The fields for the envelope's recipient; there is no standard but RFC 9228's."""
_ADDRESSED_FIELDS: Final = ("To", "Cc", "Resent-To", "Resent-Cc")
_SIZE: Final = re.compile(rb"UID (\d+)[^)]*?RFC822\.SIZE (\d+)|RFC822\.SIZE (\d+)[^)]*?UID (\d+)")

_log = log.get_logger(__name__)

Lost = (imaplib.IMAP4.error, ImapToolsError, OSError)
"""The errors of a connection that fails; a refused login is among them."""


class NoRoomError(MailerError):
    """The store takes no mail at the moment; it stays in the mailbox."""

    code = "no_room"


class Listed(NamedTuple):
    """One mail in the mailbox."""

    uid: str
    size: int


class Mailbox:
    """One mailbox, emptied into its other folders."""

    def __init__(self, url: MailboxUrl, intake: Intake) -> None:
        self._url, self._intake = url, intake

    def run(self, stop: Event) -> None:
        """Fetch mail as it comes, until asked to stop; connect again as often as need be."""
        wait = FIRST_WAIT
        while not stop.is_set():
            try:
                with self.connected() as box:
                    known = _told(box)
                    while not stop.is_set():
                        taken = self.empty(box)
                        wait = FIRST_WAIT
                        told = _told(box)
                        if taken:
                            known = None  # some have left: whatever is told next is news
                        elif told in (None, known):
                            self.wait_for_news(box, stop)
                        else:
                            known = told
            except (*Lost, StoreError, NoRoomError) as error:
                _log.warning(
                    "mailbox.lost",
                    message=f"The mailbox {self._url} cannot be read at the moment: {error}",
                    wait=wait,
                )
                stop.wait(wait)
                wait = min(wait * 2, LONGEST_WAIT)

    @contextmanager
    def connected(self) -> Iterator[BaseMailBox]:
        """Log in and open the folder, for a `with` block.

        Raises:
            Lost: one of these errors, if that fails.
        """
        url = self._url
        box: BaseMailBox
        if url.tls:
            context = ssl.create_default_context()  # imaplib's own would verify nothing
            box = MailBox(url.host, url.port, timeout=TIMEOUT_SECONDS, ssl_context=context)
        else:
            box = MailBoxUnencrypted(url.host, url.port, timeout=TIMEOUT_SECONDS)
        try:
            box.login(url.user, url.password, initial_folder=None)
            # What a server can do it often says only now (RFC 3501 section 6.2.3).
            _, answers = box.client.capability()
            box.client.capabilities = tuple(answers[-1].decode("ascii", "replace").upper().split())
            for folder in (url.handled, url.refused):
                if not box.folder.exists(folder):
                    box.folder.create(folder)
            box.folder.set(url.folder)
            yield box
            box.logout()
        finally:
            with suppress(*Lost):
                box.client.shutdown()

    def empty(self, box: BaseMailBox) -> int:
        """Take in all mail in the folder; return how many mails were moved out of it.

        Raises:
            Lost: the connection failed; what was not moved yet is fetched again.
            StoreError: the store takes no mail.
            NoRoomError: it takes no more.
        """
        taken, over = 0, False
        listed = self._listed(box)
        while lot := list(islice(self._lot(listed), LOT)):
            large = [mail for mail in lot if mail.size > self._intake.most_bytes]
            good = [mail for mail in lot if mail.size <= self._intake.most_bytes]
            moved = self._take_in(box, good)
            self._refuse(box, large)
            over = over or moved < len(good)
            taken += moved + len(large)
        if over:  # what others sent was taken; those wait in their folder
            raise NoRoomError("too much such mail waits; see `mailer inbound list`")
        return taken

    def wait_for_news(self, box: BaseMailBox, stop: Event) -> None:
        """Return when there may be mail, or one should look again anyway."""
        if "IDLE" not in box.client.capabilities:
            stop.wait(POLL_SECONDS)
            return
        box.idle.start()  # type: ignore[no-untyped-call] # as imap-tools has it
        until = time.monotonic() + IDLE_SECONDS
        while not stop.is_set() and time.monotonic() < until:
            began = time.monotonic()
            if (
                _read_already(box)
                or box.idle.poll(LOOK_SECONDS)
                or time.monotonic() - began < LOOK_SECONDS / 2
            ):
                break  # there is news, or the connection has ended, as the next line will find
        box.idle.stop()  # type: ignore[no-untyped-call] # as above

    def _listed(self, box: BaseMailBox) -> list[Listed]:
        uids = box.uids("UNDELETED")
        if not uids:
            return []
        _, answers = box.client.uid("FETCH", ",".join(uids), "(UID RFC822.SIZE)")
        listed = []
        for answer in answers:
            if isinstance(answer, bytes) and (found := _SIZE.search(answer)):
                uid, size = found[1] or found[4], found[2] or found[3]
                listed.append(Listed(uid.decode(), int(size)))
        return sorted(listed, key=lambda mail: int(mail.uid))

    @staticmethod
    def _lot(listed: list[Listed]) -> Iterator[Listed]:
        """Yield mails from the list until together they are large."""
        size = 0
        while listed and size < LOT_BYTES:
            size += listed[0].size
            yield listed.pop(0)

    def _take_in(self, box: BaseMailBox, lot: Sequence[Listed]) -> int:
        found = {mail.uid: self._fetch(box, mail.uid) for mail in lot}
        mails = {uid: self.incoming(content) for uid, content in found.items() if content}
        kept = dict(zip(mails, self._intake.receive(list(mails.values())), strict=True))
        handled = [uid for uid in kept if kept[uid].taken]
        self._move(box, handled, self._url.handled)
        if Kept.NO_ROOM in kept.values():
            raise NoRoomError("there is no room for more; see the setting keep_raw_bytes")
        return len(lot) - sum(one.over for one in kept.values())

    def _refuse(self, box: BaseMailBox, large: Sequence[Listed]) -> None:
        for mail in large:
            reason = f"larger than inbound_max_bytes; it is in the folder {self._url.refused}"
            self._intake.refuse(Way.IMAP, mail.size, reason)
            self._move(box, [mail.uid], self._url.refused)

    @staticmethod
    def _fetch(box: BaseMailBox, uid: str) -> bytes:
        """Return a mail as it is, without marking it as seen; empty if it is gone."""
        _, answers = box.client.uid("FETCH", uid, "(BODY.PEEK[])")
        return next((answer[1] for answer in answers if isinstance(answer, tuple)), b"")

    @staticmethod
    def _move(box: BaseMailBox, uids: Sequence[str], folder: str) -> None:
        if not uids:
            return
        if "MOVE" in box.client.capabilities:  # RFC 6851
            box.move(uids, folder)
            return
        box.copy(uids, folder)
        # Not by `box.flag`: it removes for good all that anybody has marked.
        box.client.uid("STORE", ",".join(uids), "+FLAGS.SILENT", "(\\Deleted)")
        if "UIDPLUS" in box.client.capabilities:  # RFC 4315 section 2.1: these alone go
            box.client.uid("EXPUNGE", ",".join(uids))

    def incoming(self, content: bytes) -> Incoming:
        """Make a mail of its bytes; its envelope is gathered from what the provider wrote."""
        try:
            header = BytesHeaderParser().parsebytes(content[:_HEADER_BYTES])
        except (MessageError, ValueError, LookupError):
            header = Message()
        own = self._own(header, _ENVELOPE_FIELDS) or self._own(header, _ADDRESSED_FIELDS)
        paths = _addresses(header, ("Return-Path",)) or _addresses(header, ("From",))
        null = "<>" in str(header.get("Return-Path", ""))
        sender = "" if null or not paths else paths[0]
        recipients = own or (self._intake.list_address,)
        return Incoming(Way.IMAP, sender, recipients, content, self._url.host)

    def _own(self, header: Message, names: Sequence[str]) -> tuple[str, ...]:
        found = (address for address in _addresses(header, names) if self._intake.address(address))
        return tuple(dict.fromkeys(found))


def _told(box: BaseMailBox) -> int | None:
    """Return how many mails the provider last said there are, if it said so since this was asked.

    It may say so with the answer to any command (RFC 3501 section 7), and then not again when one
    begins to wait.
    """
    _, answers = box.client.response("EXISTS")
    return int(answers[-1]) if answers and answers[-1] else None


def _read_already(box: BaseMailBox) -> bool:
    """Tell whether there are words from the provider that no wait for the socket would notice.

    News can come in one packet with its answer to IDLE, and was then read together with it; behind
    TLS it can also lie in the record read last.
    """
    client = box.client
    patience = client.sock.gettimeout()
    client.sock.settimeout(0)
    try:
        return bool(client.file.peek(1))  # type: ignore[union-attr] # a BufferedReader, as imaplib has it
    except ssl.SSLWantReadError:
        return False
    finally:
        client.sock.settimeout(patience)


def _addresses(header: Message, names: Sequence[str]) -> list[str]:
    values: list[Any] = [value for name in names for value in header.get_all(name, [])]
    with suppress(ValueError, IndexError, TypeError, RecursionError):
        return [address for _, address in getaddresses([str(v) for v in values]) if address]
    return []
