"""The process that makes signatures and does nothing else; `signing` starts it, and asks it.

It reads the keys, then digests, and writes signatures, until its input ends: whoever started it has
closed it, or has died. Nothing of the keys is among its arguments or in its environment.
"""

from __future__ import annotations

import signal
import struct
import sys
from typing import IO, Final

from mailer.message.outgoing.dkim import DIGEST_OCTETS, load_key

NUMBER: Final = struct.Struct(">I")
"""The format of lengths and counts."""


def main() -> None:
    """Sign until standard input ends.

    In: the number of keys; of each its length, and the key in PEM. Then any number of times: how
    many digests follow, and the digests, for each key in turn. Out: their signatures.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # whoever asks ends first, and then we do
        signal.signal(number, signal.SIG_IGN)
    given, answers = sys.stdin.buffer, sys.stdout.buffer
    keys = [
        load_key(f"number {place}", "", given.read(_number(given)))
        for place in range(_number(given))
    ]
    while count := _number(given):
        digests = given.read(count * DIGEST_OCTETS)
        made = [
            keys[place % len(keys)].sign(digests[at : at + DIGEST_OCTETS])
            for place, at in enumerate(range(0, len(digests), DIGEST_OCTETS))
        ]
        try:
            answers.write(b"".join(made))
            answers.flush()
        except OSError:  # nobody waits for them any more
            return


def _number(given: IO[bytes]) -> int:
    octets = given.read(NUMBER.size)
    return int(NUMBER.unpack(octets)[0]) if len(octets) == NUMBER.size else 0


if __name__ == "__main__":
    main()
