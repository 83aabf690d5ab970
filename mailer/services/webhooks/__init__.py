"""Web hooks: tells other systems of events, rather twice than not at all.

1. `managing` has what people do: add an endpoint, look at it, pause it, test it, replay.
2. `delivering` gives endpoints that are due their turns, many at once; `turn` is one of them: it
   reads the event log on (`log_reader`) and sends what waits.
3. `posting` makes, signs and posts one message. `stopping` ends it for an endpoint that is dead,
   and tells the secretariat.
"""
