"""Commands about who may do what, and what they did."""
