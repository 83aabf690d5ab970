"""Endpoints of web hooks (`endpoints`), and what each was sent of the event log (`deliveries`).

`turns` is what a worker writes down while it has endpoints.

Each endpoint has a place of its own in the log. A turn of a worker moves it on: events that the
endpoint wants wait, in a set of bounded size, until they are taken. When that is full the place
stays where it is, and the log itself keeps what comes after.
"""
