"""Phrases of the notation of `mailer/vocabulary`: made up, and said aloud."""

from __future__ import annotations

import re

from hypothesis import strategies as st

_ATOMS = st.sampled_from(
    ["a", "b", "ab", "ba ", "ı", "ß", ".", "'", " ", "c?", "*", "+", "{2 words}", "{3 letters}"]
)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    some = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        some.map("".join),
        some.map(lambda words: f"({'|'.join(words)})"),
        some.map(lambda words: f"({'|'.join(words)})?"),
    )


PHRASES = st.recursive(_ATOMS, _larger, max_leaves=12).filter(
    lambda phrase: "**" not in phrase and "++" not in phrase and phrase.strip("*+ ") != ""
)


def said(phrase: str) -> str:
    """Write a phrase out, the first way that it may be said, with another word after it."""
    text = re.sub(r"\{\d+ [a-z ]+\}", "", phrase)
    while (inner := re.sub(r"\(([^()|]*)(?:\|[^()]*)?\)\??", r"\1", text)) != text:
        text = inner
    return " ".join([*text.replace("*", "").replace("+", "x").replace("?", "").split(), "x"])
