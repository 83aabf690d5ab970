"""`make chaos`: kills workers, scheduler, store and supervisor while a campaign is sent."""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console

from chaos.campaign import Plan, installed
from chaos.service import Part

KILLS: Final = {
    "resend": {
        Part.WORKER: 13,
        Part.SCHEDULER: 4,
        Part.STORE: 6,
        Part.SUPERVISOR: 1,
        Part.MACHINE: 1,
    },
    "skip": {Part.WORKER: 5, Part.SCHEDULER: 1, Part.STORE: 3, Part.SUPERVISOR: 1, Part.MACHINE: 1},
}
RECIPIENTS: Final = {"resend": 20_000, "skip": 5_000}
PATIENCE_SECONDS: Final = 600.0

console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Send a campaign under blows for each policy; returns an exit code."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10_000))
    parser.add_argument("--seconds-each", type=float, default=0.2, help="what a message takes")
    parser.add_argument("--policy", choices=tuple(KILLS), help="only that one")
    asked = parser.parse_args()
    policies = [asked.policy] if asked.policy else list(KILLS)
    survived = [_survives(policy, asked.seed, asked.seconds_each) for policy in policies]
    return int(not all(survived))


def _survives(policy: str, seed: int, seconds_each: float) -> bool:
    plan = Plan(RECIPIENTS[policy], KILLS[policy], seed, policy, PATIENCE_SECONDS)
    console.print(f"· {plan.recipients} recipients, policy {policy}, seed {seed}", style="dim")
    with tempfile.TemporaryDirectory(prefix="mailer-chaos-") as folder:
        with installed(Path(folder), plan.recipients, seconds_each, seed) as here:
            result = here.survive(plan)
        log = (Path(folder) / "service.log").read_text(encoding="utf-8")
    console.print(str(result), style="bold red" if result.faults else "", markup=False)
    if result.faults:
        console.print(log[-20_000:], style="dim", markup=False)
    return not result.faults


if __name__ == "__main__":
    sys.exit(main())
