"""Mail that comes in.

`intake` keeps it, has it read, and calls what acts on it; `bounces` and `complaints` act on
reports; `answering` and `making_room` bound what strangers can cause.
"""
