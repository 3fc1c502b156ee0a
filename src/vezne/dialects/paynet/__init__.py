"""The Paynet protocol: PaynetJ sessions and tokens, saved cards, transactions, ratios."""
