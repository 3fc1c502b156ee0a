"""The books: everything that is stored except cards' numbers, as portable SQL."""
