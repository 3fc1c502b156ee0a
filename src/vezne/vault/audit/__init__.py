"""The audit trail: a chain of lines in files, signed, that nobody changes unnoticed."""
