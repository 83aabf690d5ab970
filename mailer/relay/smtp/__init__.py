"""SMTP out: a pool of connections, pipelined where the relay offers it.

1. `pool` asks the feeds, and gives each connection its next envelope.
2. `dialling` decides when to connect, `dial` does so; `health` is what is known of each relay, and
   `watching` looks for answers that are late.
3. `client` holds the conversation on one connection, over `wire`; `replies` reads what is said.
"""
