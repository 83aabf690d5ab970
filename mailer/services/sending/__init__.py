"""Sends campaigns.

1. `sender` takes a turn at a campaign, `dispatch` takes its chunks, `chunk_job` does one chunk.
2. `pace` says how many deliveries it claims ahead; `supply` keeps them, in the queues of `ready`,
   until they are handed out, and has their messages written.
3. `composing` compiles a text once for each language. `prewriting` makes messages ahead where that
   takes long.
4. `relay` hands them over; `unanswered` waits for what has no answer yet; `record` writes down what
   became of each.

`worker_context` is what a worker keeps between jobs.
"""
