"""Audience rules: a small readable language, and what a rule says of one subscriber.

1. `rule` holds what a rule is made of: frozen terms, joined by `and`, `or` and `not`.
2. `tokens` and `parsing` read a text, within bounds, and say where it goes wrong.
3. `printing` writes a rule in its one canonical form, which reads back as the same rule.
4. `validation` compares a rule with what exists, and lists all that does not.
5. `expansion` puts the rules of named segments in place of their names.
6. `evaluation` says whether a rule holds of one subscriber: what the bitmaps must agree with.

Attributes, and the marks by which bitmaps know their values, are in
`mailer.domain.subscribers.attributes`; the bitmaps themselves in `mailer.store.segments`.
"""
