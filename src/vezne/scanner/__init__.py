"""Looks for card numbers and security codes where none belongs: logs, databases, archives."""
