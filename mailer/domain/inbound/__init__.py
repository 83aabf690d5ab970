"""Mail that comes in: our own addresses, what mail is taken for, and how much of it may wait."""
