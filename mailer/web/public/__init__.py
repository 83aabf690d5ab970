"""The pages for readers: to subscribe, confirm, choose, leave, read and look at dates."""
