"""The control door: a merchant's clock, and faults on demand. Open in sandbox mode only."""
