"""Hands messages over.

1. `transport` is what senders need; `opening` makes the one that the settings ask for.
2. `smtp` is one: a pool of connections to relays. `direct` makes one of anything that can carry a
   single message: `maildir` writes files, `pipe` runs a command.
3. `feeding` is what all transports do with the feeds that envelopes come from; `breaker` tells
   refusals of us from refusals of readers.
"""
