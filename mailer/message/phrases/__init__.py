"""The phrases by which machines give themselves away, as lists."""
