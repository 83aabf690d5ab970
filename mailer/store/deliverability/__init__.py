"""What is kept of how mail arrives: the last examination, the store's own condition, reports."""
