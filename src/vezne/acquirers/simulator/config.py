"""The settings of the simulator."""

import msgspec


class SimulatorConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is what attempts record; `seed` decides the bank's auth codes and references.

    `return_key` is the secret that the bank's word on a cardholder is signed with.
    """

    name: str = "simulator"
    seed: str = "vezne"
    return_key: bytes

    def __repr__(self) -> str:
        return f"SimulatorConfig({self.name!r}, seed={self.seed!r})"
