"""Campaigns from draft to report.

`lifecycle` creates, starts, pauses and ends them; `status` and `undelivered` tell how they fare;
`trial` sends one to oneself; `copies` backs up and restores.
"""
