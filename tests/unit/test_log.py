"""The log: for people or machines, one line a fact, and nobody's address or password in it."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer import log


def configured(level: str = "info", style: str = "json") -> io.StringIO:
    """Set logging up and return where it writes."""
    stream = io.StringIO()
    log.configure(level, style, stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Read the JSON lines."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_for_machines_has_event_sentence_and_ids() -> None:
    """Alerts and dashboards match the event key; the sentence may be reworded freely."""
    stream = configured()
    log.get_logger("mailer.x").info("campaign.started", message="The campaign starts.", campaign=7)
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "campaign.started",
        "message": "The campaign starts.",
        "campaign": 7,
        "level": "info",
        "logger": "mailer.x",
    }


def test_a_line_for_people_begins_with_the_sentence() -> None:
    """A person scanning the terminal reads sentences, and finds the ids behind them."""
    stream = configured(style="text")
    log.get_logger("mailer.x").warning("relay.down", message="It is down.", relay="smtp://h:25")
    assert stream.getvalue()[20:] == "warning It is down.  [relay.down relay=smtp://h:25]\n"


def test_foreign_text_cannot_pass_for_a_line_of_its_own() -> None:
    """A relay's reply must not be able to forge log lines."""
    stream = configured(style="text")
    log.get_logger("x").info("relay.said", message="said\nx", text="550 no\n2026 error forged")
    assert len(stream.getvalue().splitlines()) == 1


@pytest.mark.parametrize("level", ["info", "warning", "error"])
def test_addresses_are_written_at_debug_only(level: str) -> None:
    """Logs are kept and shared more widely than the readers agreed to."""
    stream = configured("debug")
    logger = log.get_logger("x")
    fields = {"to": "ana@example.org", "deep": {"list": ["<zoë@exämple.org>", 5]}}
    getattr(logger, level)("delivery.failed", message="No luck with ana@example.org.", **fields)
    logger.debug("delivery.failed", message="No luck.", **fields)
    shown, debug = lines(stream)
    assert shown["to"] == "<address>"
    assert shown["message"] == "No luck with <address>."
    assert shown["deep"] == {"list": ["<<address>>", 5]}
    assert debug["to"] == "ana@example.org"


def test_passwords_are_written_at_no_level() -> None:
    """Debugging is done on screens that others see."""
    stream = configured("debug")
    log.get_logger("x").debug(
        "relay.dialled",
        message="smtp://robot:hunter2@relay.example.org answers.",
        url="redis://:hunter2@store:6379/0",
        password="hunter2",
        api_token="hunter2",
    )
    assert "hunter2" not in stream.getvalue()
    assert lines(stream)[0]["url"] == "redis://***@store:6379/0"


def test_tracebacks_are_kept_without_addresses() -> None:
    """A defect must be findable from its log line; whom it hit is in the ledger."""
    stream = configured()
    try:
        int("ana@example.org")
    except ValueError:
        log.get_logger("x").exception("job.failed", message="A job failed.", job="send-1")
    (line,) = lines(stream)
    assert "with base 10: '<address>'" in line["exception"]
    assert line["job"] == "send-1"


def test_libraries_write_through_the_same_log() -> None:
    """One stream with one shape and one redaction, whoever writes."""
    stream = configured()
    logging.getLogger("somelib").warning("Peer %s from %s", "ana@example.org", "127.0.0.1")
    logging.getLogger("rq.worker").info("job ok")
    (line,) = lines(stream)
    assert line["event"] == "library.somelib"
    assert line["message"] == "Peer <address> from 127.0.0.1"


def test_level_decides_what_is_written() -> None:
    """An operator who asks for warnings gets no more."""
    stream = configured("warning")
    logger = log.get_logger("x")
    logger.info("a.b", message="No.")
    logger.warning("c.d", message="Yes.")
    assert [line["event"] for line in lines(stream)] == ["c.d"]


def test_setting_up_again_replaces_the_first() -> None:
    """A command that loads its settings twice must not write each line twice."""
    first, second = configured(), configured()
    log.get_logger("x").info("a.b", message="Once.")
    assert (first.getvalue(), len(lines(second))) == ("", 1)


@given(
    local=st.from_regex(r"[a-z0-9.!#$%&*+_~-]{1,20}", fullmatch=True),
    domain=st.from_regex(r"([a-z0-9-]{1,9}\.){0,2}[a-z0-9]{1,9}", fullmatch=True),
    before=st.sampled_from(["", "to ", "<", "mailto:", '"', "rfc822;", "('"]),
    after=st.sampled_from(["", ".", ">", " was", ",", ": 550", "')"]),
)
def test_no_address_survives_wherever_it_stands(
    local: str, domain: str, before: str, after: str
) -> None:
    """Relays quote addresses in every way one can think of."""
    event = {"event": "x", "level": "info", "message": f"{before}{local}@{domain}{after}"}
    written = log.redact(None, "info", event)["message"]
    assert f"{local}@" not in written
    assert "<address>" in written
