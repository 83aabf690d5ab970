"""Editions that are being written: their revisions, how texts merge, and how far translations are.

1. `draft` is what is known of one draft, and of each of its files.
2. `merging` brings the words of two people together; `comparing` shows how two texts differ.
3. `translation` tells which parts of a text lag behind the language that it is translated from.
4. `history` says which revisions are kept.
"""
