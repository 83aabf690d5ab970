"""Rules of signing in.

1. `browser`: the value by which a browser is known again, and a name for it;
2. `challenge`: what somebody must answer within minutes, in the browser that asked, once;
3. `attempts`: how long one must wait after wrong answers;
4. `session`: what follows, and when it ends;
5. `destination`: the pages to which signing in may lead.
"""
