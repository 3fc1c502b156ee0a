"""The only place where rooms meet: opens the house, runs the server."""
