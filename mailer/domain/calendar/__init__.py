"""Entries of the calendar: when they occur, what is reminded of, and what readers must hear of."""
