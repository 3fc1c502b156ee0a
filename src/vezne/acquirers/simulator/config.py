"""The settings of the simulator."""

import msgspec


class SimulatorConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is what attempts record; `seed` decides the bank's auth codes and references."""

    name: str = "simulator"
    seed: str = "vezne"
