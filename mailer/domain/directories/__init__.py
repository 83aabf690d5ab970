"""Keeping the list in step with a directory: what it holds, what follows from it, and when."""
