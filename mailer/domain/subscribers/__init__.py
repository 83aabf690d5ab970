"""Readers: their addresses and statuses, what their mail asks for, and what files say of them."""
