"""A merchant at the control door of a running server, and a look into its books."""

import asyncio
import base64
import json
import urllib.error
import urllib.request

from fakes.databases import open_room
from vezne.core.ledger import Account
from vezne.storage.books import SqlBooks


class Control:
    """Moves the clock of the merchant whose iyzico keys these are, and puts faults up."""

    def __init__(self, server, keys=None):
        self.server = server
        keys = keys or server.keys["iyzico"]
        pair = f"{keys['api_key']}:{keys['secret_key']}"
        self._authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"

    def ask(self, method, path, body=None):
        """The status and the answer."""
        raw = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310
            f"{self.server.http}/sandbox/{path}",
            raw,
            {"Authorization": self._authorization},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=300) as response:  # noqa: S310
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def advance(self, duration):
        status, answer = self.ask("POST", "clock", {"advance": duration})
        assert status == 200, answer
        return answer

    def reset(self):
        status, answer = self.ask("POST", "clock", {"reset": True})
        assert status == 200, answer
        return answer

    def fault(self, kind, **parts):
        status, answer = self.ask("POST", "faults", {"kind": kind, **parts})
        assert status == 201, answer
        return answer


def balances_e8(server, merchant_id=1):
    """What is on each of a merchant's accounts, over all parties and currencies, in 1e-8."""

    async def read():
        engine = await open_room(server.data, "books")
        try:
            return await SqlBooks(engine).list_balances(merchant_id)
        finally:
            await engine.close()

    found = asyncio.run(read())
    return {
        account: sum(each.amount_e8 for each in found if each.account is account)
        for account in Account
    }
