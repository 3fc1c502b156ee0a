"""SQL engines that apply a transaction given as a value. They know nothing of payments."""
