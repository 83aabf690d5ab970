"""Files of readers.

`file` reads a CSV file, `columns` and `wishes` say what it means, `importing` does it.
"""
