"""Moving a list in from another program: who a reader was there, and what becomes of them here."""
