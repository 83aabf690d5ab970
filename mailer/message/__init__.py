"""Mail as bytes and facts, pure: composing on one side, parsing on the other."""
