"""Pages of the secretariat: signing in, and one's own account.

Every route is a `ConsoleRoute` (`route`): it knows the browser and the session, refuses forms that
other websites sent, and lets the user act. A page that only users may see asks for `SignedIn`.
"""
