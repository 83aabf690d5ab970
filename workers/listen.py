"""The process that takes mail in by LMTP and SMTP."""

from __future__ import annotations

import logging
import sys

from mailer import log
from mailer.clock import SystemClock
from mailer.config import Settings
from mailer.errors import ConfigError, MailerError
from mailer.inbound import listener
from mailer.services.inbound.intake import Intake
from mailer.services.look.live import Live
from mailer.services.operation.opening import opened_for
from mailer.workers import lifeline


def main(settings: Settings | None = None) -> None:
    """Receive mail until it is asked to stop.

    Raises:
        ConfigError: nothing says where to listen, or one cannot listen there.
    """
    settings = settings or Settings.load()
    log.configure(settings.log_level, settings.log_format)
    if settings.log_level != "debug":  # strangers' nonsense must not fill the log
        logging.getLogger("mail.log").setLevel(logging.ERROR)
    lifeline.close_first()
    if not settings.listen:
        remedy = 'set it, say to ["lmtp://127.0.0.1:8024"]'
        raise ConfigError.of(
            "listen", "nothing says where mail is taken in", remedy, code="setting.missing"
        )
    with opened_for(settings) as store:
        live = Live(store, settings)
        intake = Intake(store, live.refresh(), SystemClock(settings.clock_offset))
        with live.followed(intake.use):
            listener.run(settings.listen, intake, settings.list_domain)


if __name__ == "__main__":
    try:
        main()
    except MailerError as error:
        log.get_logger(__name__).error("inbound.not_listening", message=str(error))
        sys.exit(error.exit_code)
