"""Values of settings: one reader for each kind."""
