"""Readers in the store, their requests and forms, bounces, and suppressed addresses."""
