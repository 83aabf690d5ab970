"""The calendar in the console.

`listing` shows the month, the list and what goes out; `entry` one entry with its tabs; `form` reads
what a form says of an entry, and `editing` adds, changes, cancels and takes back; `importing` takes
in a file; `wording` says in the user's language what an entry is.
"""
