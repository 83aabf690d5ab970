"""The API: everything that the command line can do, over HTTP, for other programs.

1. `app` puts it together, as an application of its own within that of the pages.
2. `gate` stands in front of every route: who asks, how often, may they, and its body.
3. `once` answers a POST that bears an idempotency key a second time from the first answer.
4. A route of `resources` reads what was asked with a model, calls one use case, and answers with a
   model; `operation` says which act it is.
5. `conditions` (entity tags), `paging` (cursors) and `answers` are what routes share.
6. `refusals` are what only HTTP knows; `errors` writes every error as problem details (RFC 9457).
7. `document` completes the OpenAPI document.
"""
