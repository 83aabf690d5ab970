"""The calendar in the store: entries, reminders, answers to invitations."""
