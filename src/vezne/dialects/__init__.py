"""The wire protocols that merchants' code already speaks. No dialect knows another."""
