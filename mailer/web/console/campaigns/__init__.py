"""Campaigns in the console.

`listing` lists and makes them, `guided` leads a draft from its edition to the last button,
`sending` does what the buttons ask, `progress` shows one that goes out, as it goes, and `report`
what came of it.
"""
