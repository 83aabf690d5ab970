"""The calendar.

`entries` keeps it, `importing` reads files, `reminders` makes campaigns of it, `rsvp` takes
answers; `public` and `coming` are what pages show.
"""
