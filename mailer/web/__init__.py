"""The web pages: a request's way through them.

1. `server` listens, and bears slow and many clients.
2. `middleware` is around every request: body and time limits, HEAD, security headers, the log.
3. `app` knows which router answers, and `errors` what is said when none can.
4. `language` chooses the language; `site` holds what every page needs and makes the page.
5. `forms` reads what a form sends, and limits who sends how many.
6. A router (one module for a group of pages) calls a service, and shows what came of it.

`public` has the pages for readers, `console` those for users, `api` what programs ask for.

`conditional` answers 304 where a page that is the same for everybody has not changed.

GET and HEAD change nothing, whoever asks (law 5); "thank you" is said when it is on disk (law 10).
"""
