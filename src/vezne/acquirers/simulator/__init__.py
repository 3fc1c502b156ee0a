"""The acquirer that talks to the built-in bank."""
