"""What ends a command with one line instead of a trace; it alone is loaded with every command."""


class CannotStart(Exception):
    """Something outside the program is not as it must be. The text says what, and what to do."""
