"""A merchant of a test's own on a server that many tests share."""

from dataclasses import asdict


class Tenant:
    """What callers want of a `Server`, with the keys of a sandbox of the pytest plugin."""

    def __init__(self, server, sandbox):
        self.http = server.http
        self.https = server.https
        self.data = server.data
        doors = ("iyzico", "paywall", "paynet")
        self.keys = {door: asdict(getattr(sandbox, door)) for door in doors}
