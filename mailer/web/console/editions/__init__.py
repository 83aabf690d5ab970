"""Editions: the list, and one that is being written, with its text, preview, check and history.

Everything works with forms alone. A script of ours saves while somebody writes, keeps what could
not be saved in the browser, and shows the preview beside the text.
"""
