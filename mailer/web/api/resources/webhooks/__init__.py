"""Web hooks by the API."""
