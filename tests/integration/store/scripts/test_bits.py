"""Bits that a script reads in bulk are those that it would read one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailer.store import keys
from mailer.store.campaigns.chunks import pack
from mailer.store.scripts import source
from mailer.store.server.connection import Store

READ = """
local told = bits_in(KEYS[1], span_of(ARGV[1]))
local bulk, single = {}, {}
for i = 1, #ARGV[1], 4 do
  local n = struct.unpack('>I4', ARGV[1], i)
  bulk[#bulk + 1] = told(n) and 1 or 0
  single[#single + 1] = redis.call('GETBIT', KEYS[1], n)
end
return {bulk, single}
"""

BITMAP = keys.ledger(1, "accepted")


def read(store: Store, numbers: list[int]) -> tuple[list[int], list[int]]:
    """Return the numbers' bits as read in bulk, and one by one."""
    bulk, single = store.redis.eval(source("bits") + READ, 1, BITMAP, pack(numbers))
    return bulk, single


def put(store: Store, numbers: set[int]) -> None:
    """Set these bits and no others."""
    store.redis.delete(BITMAP)
    for number in numbers:
        store.redis.setbit(BITMAP, number, 1)


near = st.integers(0, 300)
far = st.integers(0, 40) | st.integers(2_000_000, 2_000_040)
"""Farther apart than is read at once, and near enough that the test need not make a large key."""


@given(known=st.sets(near), asked=st.lists(near))
def test_near_each_other(store: Store, known: set[int], asked: list[int]) -> None:
    """The whole stretch is read at once, wherever it begins and ends within an octet."""
    put(store, known)
    bulk, single = read(store, asked)
    assert bulk == single == [int(number in known) for number in asked]


@given(known=st.sets(far, max_size=20), asked=st.lists(far, max_size=20))
def test_far_apart(store: Store, known: set[int], asked: list[int]) -> None:
    """Nothing is read of the long stretch between them."""
    put(store, known)
    bulk, single = read(store, asked)
    assert bulk == single == [int(number in known) for number in asked]


def test_the_last_numbers_there_are(store: Store) -> None:
    """A bitmap that ends long before them has none of their bits."""
    put(store, {5})
    last = 2**32 - 1
    assert read(store, [last, last - 9]) == ([0, 0], [0, 0])
