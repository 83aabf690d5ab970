"""Audience rules in use: read and checked against what exists, named, counted, and listed.

1. `rules` reads a rule, with the segments that it speaks of, and translates it to bitmaps.
2. `named` defines, renames and removes named segments.
3. `preview` counts whom a rule is about, by language, and lists them page by page.
"""
