"""Mail that comes in, read from any bytes.

1. `mime` and `charsets` take it apart within a budget; `html_text` and `written` find the words of
   a person.
2. `understand` decides what it is: a command, a letter, an automatic answer, a report, a complaint.
3. `facts`, `traces` and `authentication` say who wrote it, and which delivery it is about.
"""
