"""The ways by which mail comes in; each only hands bytes to the services."""
