"""HTTP out, to the endpoints of web hooks: addresses that others chose, so nothing is trusted.

1. `lookup` finds the network addresses of a host, and keeps nobody waiting for it.
2. `client` posts a message to one of them that `domain.webhooks.addresses` lets through, and to no
   other: it connects to what was looked up and checked, follows no redirect, and reads little.
3. `lanes` shares out what goes on at once, so that endpoints that hang cost the others nothing.
"""
