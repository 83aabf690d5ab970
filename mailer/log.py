"""The log: a stable event key, a sentence and ids, for people or machines, betraying nobody.

    _log = log.get_logger(__name__)
    _log.info("campaign.started", message="The campaign starts.", campaign=7)

Passwords and secrets are never written. Addresses are written at level debug only; above it they
turn into `<address>`, wherever they stand, tracebacks and other people's libraries included.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Final, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

CHATTY: Final = ("rq", "mail.log", "asyncio", "httpcore", "httpx", "mailer.smtp", "uvicorn")
"""Loggers of libraries that tell each step at info; wanted only where we debug."""
SECRET: Final = re.compile(r"passw|secret|credential|(^|_)token($|_)|private", re.IGNORECASE)
LOGIN: Final = re.compile(r"(?<=://)[^/\s\"'<>]*@")
ADDRESS: Final = re.compile(r"[^\s<>\"'@:;,=()\[\]{}/\\]+@(?:\[[0-9A-Za-z.:]+\]|[\w.-]*\w)")
OWN_IDS: Final = frozenset({"event", "level", "timestamp", "logger", "message_id"})
"""Fields that cannot hold a reader's address, though a Message-ID looks like one."""

_COLOURS: Final = {"warning": "33", "error": "31", "critical": "31"}


def _quieten(level: int) -> None:
    """Set how much the chatty loggers tell; those below them obey, whatever they set themselves."""
    for name in CHATTY:
        logging.getLogger(name).setLevel(level)
    for name, logger in logging.Logger.manager.loggerDict.items():
        below = name.startswith(tuple(f"{chatty}." for chatty in CHATTY))
        if below and isinstance(logger, logging.Logger):
            logger.setLevel(logging.NOTSET)
            logger.handlers.clear()


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Make a logger for a module; call its methods with an event key, `message` and ids."""
    return structlog.stdlib.get_logger(name)


def configure(level: str = "info", style: str = "text", stream: TextIO | None = None) -> None:
    """Set up logging for the whole process, the standard library's loggers included.

    Args:
        level: `debug`, `info`, `warning` or `error`.
        style: `text` for people, `json` for one object a line.
        stream: where to; none: standard error.
    """
    shared = _shared()
    stream = stream or sys.stderr
    renderer = _render_json if style == "json" else _text_renderer(stream.isatty())
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_from_library, *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, renderer],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    _quieten(logging.NOTSET if level == "debug" else logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Remove passwords and secrets at every level, and addresses above debug."""
    addresses = event.get("level") == "debug"
    return {
        name: value if name in OWN_IDS else _redacted(name, value, addresses)
        for name, value in event.items()
    }


def _shared() -> list[structlog.typing.Processor]:
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]


def _redacted(name: str, value: Any, addresses: bool) -> Any:
    if SECRET.search(name):
        return "***"
    if isinstance(value, bool | int | float | None):
        return value
    if isinstance(value, Mapping):
        return {str(key): _redacted(str(key), item, addresses) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted("", item, addresses) for item in value]
    written = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    written = LOGIN.sub("***@", written)
    return written if addresses else ADDRESS.sub(_hidden, written)


def _hidden(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith("***@") else "<address>"


def _from_library(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Give a library's line our shape: its words are the message, its name the event."""
    record: logging.LogRecord = event["_record"]
    return {**event, "message": event["event"], "event": f"library.{record.name}"}


def _render_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return json.dumps(event, ensure_ascii=False, default=str)


def _text_renderer(colours: bool) -> structlog.typing.Processor:
    def render(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
        fields = dict(event)
        time, level = fields.pop("timestamp"), fields.pop("level")
        key, trace = fields.pop("event"), fields.pop("exception", None)
        fields.pop("logger", None)
        sentence = fields.pop("message", key)
        facts = " ".join([str(key), *(f"{name}={_shown(value)}" for name, value in fields.items())])
        line = f"{time[:19].replace('T', ' ')} {level:7} {_one_line(str(sentence))}"
        if colours:
            line = f"\x1b[{_COLOURS.get(level, '0')}m{line}\x1b[0m  \x1b[2m{facts}\x1b[0m"
        else:
            line = f"{line}  [{facts}]"
        return f"{line}\n{trace}" if trace else line

    return render


def _shown(value: Any) -> str:
    plain = isinstance(value, str) and value.isprintable() and value and " " not in value
    return value if plain else json.dumps(value, ensure_ascii=False, default=str)


def _one_line(sentence: str) -> str:
    """Keep foreign text from passing for a line of its own."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in sentence)
