"""Brings the data of former versions to the present one, in numbered steps.

1. `step` says what a step is: parts, each of which looks at some of the data at a time and says
   which commands bring that much up. Looking changes nothing: a dry run does no more.
2. `to_2` and so on are the steps, one module for each version that they lead to.
3. `runner` knows their order and runs them: one process at a time, each lot in one transaction with
   its progress, so that a migration that was killed goes on where it stopped.

Steps use plain commands and the names in `keys`, and read records by themselves: what the rest of
the store does changes with later versions, and a step must not.
"""
