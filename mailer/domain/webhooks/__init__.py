"""The rules of web hooks: who is told of which events, where, how often, and how it is signed.

1. `endpoint` is one place that events are sent to, with its states. `url` says what its URL may be,
   and `addresses` which network addresses may be connected to.
2. `payload` makes what is sent of an event, and `signing` signs it (Standard Webhooks).
3. `answer` judges what came back; `retrying` says when it is tried again.
"""
