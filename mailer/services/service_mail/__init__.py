"""Mails that the service writes by itself.

`writing` makes them, `outbox` posts each at most once, `posting` hands them to the relays before
everything else.
"""
