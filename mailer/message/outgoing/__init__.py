"""Mail that we send: composed once for each language, joined and signed for each reader."""
