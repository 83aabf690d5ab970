"""Comparing words: letters folded, long lists of phrases found quickly."""
