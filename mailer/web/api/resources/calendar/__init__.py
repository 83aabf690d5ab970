"""The calendar.

`entries` lists, adds and changes them, `changes` tells what a change mails and takes it back,
`files` takes in and gives out calendar files, and `answers` tells who comes and what will go out.
"""
