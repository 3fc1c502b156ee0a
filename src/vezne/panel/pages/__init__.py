"""What each page of the panel shows and does."""
