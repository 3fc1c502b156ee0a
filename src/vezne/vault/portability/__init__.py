"""Cards that leave the vault for another one, and cards that come from there."""
