"""Words of mail, by language, as data: tables with examples that run as tests.

Whoever knows a language can add to them without knowing the code. Read once, when first asked for.

1. `tables` reads a file of this folder: what each concept is called in each language.
2. `notation` makes a regular expression of a phrase, and says which letters it needs.
3. `scanning` looks in one pass which of these letters stand in a text.
4. `cues` tries the phrases whose letters do; `cues(table, concept)` is what the rules ask for.
"""
