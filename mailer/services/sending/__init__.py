"""Sends campaigns.

1. `sender` takes a turn at a campaign, `dispatch` takes its chunks, `chunk_job` does one chunk.
2. `composing` compiles a text once for each language. `prewriting` makes messages ahead where that
   takes long: `prewriting_signed` with signatures by a process of their own, `prewriting_threads`
   in threads.
3. `relay` hands them over; `record` writes down what became of them.

`worker_context` is what a worker keeps between jobs.
"""
