"""The card vault: the only room that sees a card number, and the only one with keys."""
