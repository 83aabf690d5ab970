"""What the values of settings may be: one reader for each kind."""
