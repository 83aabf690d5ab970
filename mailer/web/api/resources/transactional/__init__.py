"""Mail that programs have sent, one by one, and its templates."""
