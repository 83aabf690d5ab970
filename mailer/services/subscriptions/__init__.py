"""Subscribing, changing and leaving.

`subscribing` acts on mail, `forms` on pages; `steps` are the changes that both make; `subscribers`
is what the secretariat does by hand.
"""
