"""Refusals and bounces: whom they are about, how bad they are, and what follows for a reader."""
