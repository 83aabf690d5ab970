"""One send of something: its states, its deliveries, and how fast mail may leave."""
