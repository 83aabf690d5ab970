"""Campaigns in the store: their records, audiences, ledgers and books."""
