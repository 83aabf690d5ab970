"""Templates of transactional mail: from their files to what a reader's mail program shows.

1. `source` reads a template's folder and says all that is wrong with it at once.
2. `dialect` knows what may stand between `{{ }}` and `{% %}`, and puts values in: each as a mark
   that Markdown passes over.
3. `writing` makes blocks of the text, then puts the values in the marks' places, and writes both
   bodies.
"""
