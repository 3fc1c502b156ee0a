"""The schema of the log of calls, which has a database of its own."""
