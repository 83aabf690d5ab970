"""The process that fetches mail from a mailbox."""

from __future__ import annotations

import signal
import sys
from threading import Event
from types import FrameType

from mailer import log
from mailer.clock import SystemClock
from mailer.config import Settings
from mailer.domain.settings.mailbox_url import MailboxUrl
from mailer.errors import ConfigError, MailerError
from mailer.inbound.mailbox import Mailbox
from mailer.services.inbound.intake import Intake
from mailer.services.look.live import Live
from mailer.services.operation.opening import opened_for
from mailer.workers import lifeline


def main(settings: Settings | None = None) -> None:
    """Fetch mail until it is asked to stop.

    Raises:
        ConfigError: nothing says which mailbox.
    """
    settings = settings or Settings.load()
    log.configure(settings.log_level, settings.log_format)
    lifeline.close_first()
    if not settings.imap_url:
        remedy = "set it, say to imaps://user:password@imap.example.org/INBOX"
        raise ConfigError.of(
            "imap_url", "nothing says which mailbox is read", remedy, code="setting.missing"
        )
    stop = Event()

    def ask_to_stop(_signum: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask_to_stop)
    with opened_for(settings) as store:
        live = Live(store, settings)
        intake = Intake(store, live.refresh(), SystemClock(settings.clock_offset))
        with live.followed(intake.use):
            Mailbox(MailboxUrl.parse(settings.imap_url), intake).run(stop)


if __name__ == "__main__":
    try:
        main()
    except MailerError as error:
        log.get_logger(__name__).error("mailbox.not_read", message=str(error))
        sys.exit(error.exit_code)
