"""The log: sentences with a stable event key, for people or machines, that betray nobody."""
