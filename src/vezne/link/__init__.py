"""Between the vault's process and the gateway's: one Unix socket, questions in both directions."""
