"""The place of the console for owners: users, tokens, web hooks, what was done, what happened."""
