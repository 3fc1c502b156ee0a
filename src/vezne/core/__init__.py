"""The domain: money, cards, payments, and the ports they need. No I/O, clock or randomness."""
