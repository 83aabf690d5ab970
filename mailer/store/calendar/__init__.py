"""The calendar in the store: entries, reminders, who comes."""
