"""The check-up: whether mail leaves, arrives and is trusted."""
