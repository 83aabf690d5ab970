"""Commands that set the service up and run it."""
