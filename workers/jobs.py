"""The jobs, by the names under which they are enqueued: each calls one service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mailer.workers import runtime


def dispatch(campaign: int) -> None:
    """Send a campaign for a while."""
    runtime.current().send(campaign)


def post(mail: int) -> None:
    """Send a service mail."""
    runtime.current().post(mail)


def upkeep() -> None:
    """Start what is due, and find what was left lying."""
    runtime.current().work_out_reminders()
    runtime.current().reminders().run()
    tick = runtime.current().tick()
    tick.start_due()
    tick.tend()
    intake = runtime.current().intake()
    intake.sweep()
    intake.tidy()
    runtime.current().following().work_off()
    runtime.current().outbox().sweep()
    runtime.current().subscribing().expire()
    runtime.current().moderation().remind()
    runtime.current().forms().process()
    runtime.current().links().work_off()
    runtime.current().directories().enqueue_due()
    runtime.current().api_jobs().sweep()
    runtime.current().growth().note()
    runtime.current().prune_audit()
    runtime.current().index_histories()
    runtime.current().sweep_uploads()
    runtime.current().empty_bin()
    runtime.current().wake_hooks()


def deliver_hooks() -> None:
    """Tell the endpoints of web hooks what they are due."""
    runtime.current().deliver_hooks()


def sync_directories() -> None:
    """Keep the list in step with the directories that are due."""
    runtime.current().directories().run()


def read_forms() -> None:
    """Act on the forms that were sent on a page."""
    runtime.current().forms().process()


def answer_asks() -> None:
    """Mail the links to sign in that users asked for."""
    runtime.current().links().work_off()


def read_mail(*mails: int) -> None:
    """Read mails that came in."""
    runtime.current().intake().work_off(*mails)


def tally(campaign: int) -> None:
    """Count a campaign's deliveries by domain and by reason, for its report."""
    runtime.current().reports().count(campaign)


def work(job: int) -> None:
    """Do long work that a program asked for."""
    runtime.current().api_jobs().work(job)


ALL: Final[tuple[Callable[..., None], ...]] = (
    dispatch,
    post,
    upkeep,
    deliver_hooks,
    read_forms,
    answer_asks,
    read_mail,
    sync_directories,
    tally,
    work,
)
"""All that a worker ever runs; see `mailer.workers.allowed`. Their arguments are numbers."""
