"""Mails an institution's bulletin in each reader's language, and accounts for every delivery.

The way of a campaign through the house:

1. `cli` (or, later, the console) asks `services.campaigns.lifecycle` to send an edition to a topic.
2. `campaigns.lifecycle` freezes the audience: a bitmap of subscriber numbers, one per language.
3. The start, its event and its first jobs reach the `store` in one transaction.
4. `workers` take the jobs; `services.sending.dispatch` takes a chunk of the audience, compiles each
   language once (`content`, `message`), claims a few deliveries in the ledger, hands them to a
   `relay`, and records what became of each.
5. What the relay refused for now is tried again; what a killed worker left open is found by the
   next one that takes the chunk.
6. When every delivery has an outcome the books are closed: planned must equal their sum.
"""
