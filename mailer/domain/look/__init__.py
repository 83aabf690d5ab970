"""The look of an installation: what the institution says of itself over what its settings say.

1. `look` holds it; `reading` makes it from the document that is kept and checks every part.
   `writing` writes it back.
2. `texts` checks the words of service mails that replace ours; `colours` tells what can be read.
3. `changes` compares two documents, and applies what somebody asks for to one.
"""
