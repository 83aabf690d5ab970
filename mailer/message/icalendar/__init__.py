"""Calendar files and answers to invitations (RFC 5545, 5546, 6047)."""
