"""Editions that are being written: one draft is one folder, changed by several people at once.

1. `desk` is what all of it works with.
2. `beginning` makes drafts: empty, from an edition, from an archive.
3. `reading` lists and opens them, with their history and who else is there.
4. `writing` saves a file: for the revision that its writer had before them, merged with what others
   wrote meanwhile. `pictures` takes pictures in.
5. `looking` checks a draft, and shows it as readers would see it.
6. `publishing` puts it into the library, from which campaigns send; and packs it into a file.
"""
