"""Campaigns.

`drafts` makes and shows them, `approvals` asks for a second person, `starts` lets them go and stops
them, `deliveries` tells of them name by name, and `progress` as they go.
"""
