"""How one text differs from another."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from mailer.domain.drafts.comparing import Kind, compare

texts = st.lists(st.sampled_from(["a b c", "a b d", "", "x"]), max_size=10).map("\n".join)


@given(old=texts, new=texts)
def test_both_texts_can_be_read_from_a_comparison(old: str, new: str) -> None:
    """A line that it leaves out, or puts on the wrong side, deceives who restores."""
    assume(old != new)
    rows = compare(old, new, context=1000)
    before = ["".join(span.text for span in row.before) for row in rows if row.old]
    after = ["".join(span.text for span in row.after) for row in rows if row.new]
    assert ("\n".join(before), "\n".join(after)) == (old, new)


def test_a_change_is_marked_by_its_words_and_far_lines_are_left_out() -> None:
    """One sees at a glance what somebody did in a long text."""
    old = "\n".join(["same"] * 20 + ["The group meets today."] + ["end"] * 20)
    rows = compare(old, old.replace("today", "tomorrow"))
    assert [row.kind for row in rows] == [
        Kind.LEFT_OUT, Kind.SAME, Kind.SAME, Kind.CHANGED, Kind.SAME, Kind.SAME, Kind.LEFT_OUT,
    ]  # fmt: skip
    assert (rows[0].count, rows[-1].count) == (18, 18)
    [change] = [row for row in rows if row.kind is Kind.CHANGED]
    assert [span.text for span in change.before if span.marked] == ["today"]
    assert [span.text for span in change.after if span.marked] == ["tomorrow"]
