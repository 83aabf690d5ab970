"""Mail that came in, kept until it is read and for as long as the settings say."""
