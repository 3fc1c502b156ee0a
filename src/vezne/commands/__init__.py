"""What the commands do besides serving: each opens the house, works on the books, and closes it."""
