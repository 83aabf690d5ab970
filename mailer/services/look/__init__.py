"""The look: what users say over the settings, in force everywhere without a restart.

1. `live` lays it over the settings, for a process that goes on and for a campaign under way.
2. `looks` shows and changes it, with its history; `pictures` makes a logo of what was uploaded.
3. `uses` tells what speaks of a topic or a language; `words` lists the texts of service mails, and
   `preview` shows them and sends one for a look.
"""
