"""Editions: the library of those imported, previews, and the archive on the web."""
