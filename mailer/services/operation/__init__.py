"""Running the service: opening its store, and what happens at each tick of the scheduler."""
