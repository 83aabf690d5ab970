"""Proof of work: what a browser must find before it may send the form, where the operator asks it.

The stamp of a form is the question, the address a part of it: each address costs its own work. The
answer is a number that makes SHA-256 of `stamp:address:number` begin with so many zero bits.
"""

from __future__ import annotations

import hashlib
from typing import Final

LONGEST: Final = 20


def enough(stamp: str, address: str, answer: str, bits: int) -> bool:
    """Tell whether an answer is good; where no work is asked for, any is."""
    if bits == 0:
        return True
    if not (answer.isascii() and answer.isdecimal() and len(answer) <= LONGEST):
        return False
    found = hashlib.sha256(f"{stamp}:{address}:{answer}".encode()).digest()
    return int.from_bytes(found, "big") >> (256 - bits) == 0
