"""Campaigns.

`drafts` makes and shows them, `approvals` asks for a second person, `starts` lets them go and stops
them, `after` changes and paces them and tells what came of them, `deliveries` tells of them name by
name, and `progress` as they go.
"""
