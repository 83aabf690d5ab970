"""Records of those who act for the institution, and of their acts."""
