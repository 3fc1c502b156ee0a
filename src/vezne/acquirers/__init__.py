"""The banks and PSPs that payments are sent to, one folder each."""
