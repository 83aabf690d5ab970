"""The use cases: load, decide, commit, and enqueue what follows."""
