"""Words in each language: of mail, pages, commands and dates."""
