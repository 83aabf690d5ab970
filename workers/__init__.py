"""Background work on RQ: the jobs, the clockwork, the worker process, and who watches them all."""
