"""The test shop of the sandbox: a merchant's web shop that pays through each door."""
