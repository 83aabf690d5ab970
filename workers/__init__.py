"""Background work on RQ: the jobs, the scheduler, the worker process, and who watches them all."""
