"""The inbox: what waits for a person, read safely, answered, told what it is, and dealt with.

1. `entering` gives a mail its item when it is read, and finds its thread.
2. `listing` lists items, and counts what waits.
3. `reading` opens one: facts, text, safe HTML, files, who wrote it, what was written before.
4. `answering` writes to its author, once, through the list's address.
5. `returned` takes what comes back to an answer.
6. `deeds` marks items, teaches what they are, and acts on several at once.
"""
