"""Use cases of access: the actor, their rights, and the record of their acts.

1. `acting` holds who acts, for the length of a request or a command;
2. the use cases that front ends may ask for are marked with `@act`: it looks up the right that the
   act needs (`domain.access.acts`), refuses whoever lacks it, and lets the audit log tell of it;
3. `audit` reads the log, checks its chain, and exports it.
"""
