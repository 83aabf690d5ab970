"""Keeping the list in step with a directory.

`csv_directory` and `ldap_directory` read one, `people` puts it into our words, `syncing` plans and
does what follows, and `scheduled` does so by itself at the times that the settings name.
"""
