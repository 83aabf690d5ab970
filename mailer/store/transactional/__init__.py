"""Keeps templates of transactional mail by version, and queues what is sent of them."""
