"""The process that serves the web pages."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from mailer import log
from mailer.clock import SystemClock
from mailer.config import Settings
from mailer.errors import ConfigError, MailerError
from mailer.services.operation.opening import opened_for
from mailer.web import server
from mailer.web.app import create_app
from mailer.web.metrics import Metrics, create_metrics_app
from mailer.workers import lifeline


def main(settings: Settings | None = None, ready: Callable[[str], None] | None = None) -> None:
    """Serve pages until it is asked to stop; `ready` is told where.

    Raises:
        ConfigError: nothing says where, or one cannot listen there.
    """
    settings = settings or Settings.load()
    log.configure(settings.log_level, settings.log_format)
    if settings.log_level != "debug":  # strangers' nonsense must not fill the log
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    lifeline.close_first()
    if settings.web_listen is None:
        remedy = "set it, say to http://127.0.0.1:8080"
        raise ConfigError.of(
            "web_listen",
            "nothing says where pages are served",
            remedy,
            code="setting.missing",
        )
    with opened_for(settings) as store:
        app = create_app(settings, store, SystemClock(settings.clock_offset))
        servers = [server.Server(app, settings.web_listen)]
        if settings.metrics_listen is not None:
            metrics = Metrics(store, settings.relays)
            app.observers.append(metrics.observe)
            own = create_metrics_app(app.app.state.site, metrics)
            servers.append(server.Server(own, settings.metrics_listen))
        app.app.state.site.listing.search.keep_fresh()
        server.run(servers, (lambda: ready(str(settings.web_listen))) if ready else None)
        app.access_log.write()


if __name__ == "__main__":
    try:
        main()
    except MailerError as error:
        log.get_logger(__name__).error("web.not_serving", message=str(error))
        sys.exit(error.exit_code)
