"""Pictures of the console for the README, taken from the running demonstration: `make pictures`."""
