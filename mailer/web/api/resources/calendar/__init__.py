"""The calendar.

`entries` lists, adds and changes them, `files` takes in and gives out calendar files, and `answers`
tells who comes and what will go out.
"""
