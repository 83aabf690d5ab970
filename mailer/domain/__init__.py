"""The rules, pure: no input or output, no clock but the one handed in."""
