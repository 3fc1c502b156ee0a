"""The merchant's panel: pages for people, rendered on the server."""
