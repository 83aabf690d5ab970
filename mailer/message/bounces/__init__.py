"""Reports of mail that could not be delivered.

1. `signs` tells whether a message is one; `report` takes it apart.
2. `dsn` and `notices` read those with a structure, `text` and `blocks` the others.
3. `failures` puts together whom it could not reach, and why.
"""
