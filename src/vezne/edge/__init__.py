"""Where HTTP lives: requests in, responses out."""
