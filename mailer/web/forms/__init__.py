"""Forms of the pages: their fields, the stamp that shows a form to be ours, and limits on use.

`fields` reads what was sent; `stamps` makes the stamp of a form, which is good once and for a time;
`guard` checks it, and that nobody sends too many; `proof_of_work` lets a browser work first.
"""
