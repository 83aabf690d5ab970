"""Moving in: lists of readers as other programs export them.

`sources` opens the files, `formats` reads each program's, `people` puts the rows about one address
together, `mapping` turns their lists into topics, and `moving` decides and does it.
"""
