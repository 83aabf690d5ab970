"""Use cases of signing in to the console.

1. `visitor`: the browser that asks, as far as it is known;
2. `links`: a link is asked for, mailed by a job, and opened in the browser that asked;
3. `sessions`: what a sign-in begins, and how it ends.
"""
