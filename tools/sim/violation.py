"""What a check says when something does not hold."""


class Violation(Exception):
    """Something does not hold. The text says what, and of which payment."""


def require(holds: bool, what: str) -> None:  # noqa: FBT001 - it reads as a sentence
    """Raise Violation unless it holds."""
    if not holds:
        raise Violation(what)
