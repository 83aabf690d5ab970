"""Tells users by mail what waits for them, what has ended, and what stands in the way.

    a change commits its event -> the scheduler's tick reads the event log (`following`)
    -> a letter for each user who wants it (`letters`), queued with how far the log was read
    -> the outbox, which writes the mail from how things stand then (`service_mail.for_users`)

So each event is told once, whatever crashes: until both are on disk, it is read again.
"""
