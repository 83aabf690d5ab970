"""The server that keeps everything: our own, yours, or one that Sentinels watch."""
