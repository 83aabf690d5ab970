"""Mail that came in (`inbound`), and mail that the service wrote by itself (`outbox`)."""
