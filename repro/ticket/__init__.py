"""Ticket systems: one file each; and how a result becomes a ticket's one comment."""
