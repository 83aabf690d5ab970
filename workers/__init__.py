"""Background work on RQ: queues, jobs, the clockwork, and the worker process."""
