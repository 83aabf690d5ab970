"""The sample edition, its calendar, sample subscribers, and a server that catches mail."""
