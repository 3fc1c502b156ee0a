"""The bank across the street: issuer and acquirer host for test cards."""
