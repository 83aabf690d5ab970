"""The answers of the API, typed field by field as its document describes them.

They are dictionaries, as they came; a test compares them with the document.
"""
