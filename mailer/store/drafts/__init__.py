"""Editions that are being written: `records` keeps them, `rows` says how they are written down."""
