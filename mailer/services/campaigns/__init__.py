"""Campaigns from draft to report.

`lifecycle` creates, starts, pauses and ends them (`starting` freezes the audience); `prospect` and
`sizes` tell how many it would be before; `status` and `undelivered` tell how they fare; `trial`
sends one to oneself; `copies` backs up and restores.
"""
