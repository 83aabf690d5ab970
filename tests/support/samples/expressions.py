"""Regular expressions of any make, as lists of words are written with."""

from __future__ import annotations

from hypothesis import strategies as st

_ATOMS = st.sampled_from(
    [
        *("a", "b", "ab", "ba ", "ı", "ß", r"\.", r"\w", r"\s", "[ab]", "[^a]", "."),
        *(r"\b", "^", "$", "(?=a)", "(?!b)", "(?<!a)", "(?<=b)"),
    ]
)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    some = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        some.map("".join),
        some.map(lambda words: f"(?:{'|'.join(words)})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{0,2}", "{2}", "*?", "{1,}"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    )


EXPRESSIONS = st.recursive(_ATOMS, _larger, max_leaves=12)
