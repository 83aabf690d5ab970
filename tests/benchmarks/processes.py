"""Costs of processes: seconds of CPU by all their threads, and their most memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICK: Final = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Ran:
    """A program that was run to its end."""

    seconds: float
    """By the clock."""
    cpu: float
    """Seconds, user and system, of all its threads."""
    memory: int
    """Its most memory at once, in bytes (resident)."""


def run(*commands: Sequence[str], environment: Mapping[str, str] | None = None) -> Ran:
    """Run programs side by side and wait for all of them; their CPU is added up.

    Raises:
        RuntimeError: one failed.
    """
    began = time.perf_counter()
    started = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
        for command in commands
    ]
    cpu, memory, failed = 0.0, 0, False
    for process in started:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        failed = failed or process.returncode != 0
        cpu += usage.ru_utime + usage.ru_stime
        memory = max(memory, usage.ru_maxrss * 1024)
    if failed:
        raise RuntimeError(f"{commands[0][0]} failed; what it said stands above.")
    return Ran(time.perf_counter() - began, cpu, memory)


def cpu_of_family(pid: int) -> float:
    """Tell the seconds of CPU that a process and the children it has now have used."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return sum(map(cpu_of, [pid, *map(int, children)]))


def cpu_of(pid: int) -> float:
    """Tell the seconds of CPU, user and system, that a process has used with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK  # proc(5): utime, stime


def most_memory_of(pid: int) -> int:
    """Tell the most memory that a running process ever had, in bytes (resident)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"process {pid} tells nothing about its memory")
