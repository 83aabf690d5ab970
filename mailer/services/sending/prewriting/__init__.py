"""Makes messages before they are asked for, where that takes long.

1. `written` is what all ways of doing so have in common.
2. `signed` drafts messages; `signing` has their signatures made by a process of its own, `signer`.
3. `threads` writes them in threads.
"""
