"""Audience rules as operations on bitmaps, and the rules that have a name.

1. `bitmaps` knows unions, cuts and differences of bitmaps, and reads all that one takes at one
   instant. Working on them is done here rather than in the server, which goes on meanwhile: a
   million readers are 125 kB a bitmap.
2. `compiling` translates a rule into such an expression.
3. `definitions` keeps the rules of named segments.
"""
