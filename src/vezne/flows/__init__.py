"""What the gateway does: async functions of (command, ports), in three beats."""
