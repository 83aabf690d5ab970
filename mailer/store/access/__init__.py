"""What is kept of those who act for the institution, and of what they did."""
