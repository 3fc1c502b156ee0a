"""What kind of a day it is: how often what goes wrong. Drawn from the seed, so that days differ."""

from typing import Final

import msgspec
from tools.sim.dice import Dice

# What may happen to a message between gateway and bank, beside arriving.
TROUBLES: Final = ("not_sent", "lost", "slow", "late", "unanswered", "twice", "garbage")


class Weather(msgspec.Struct, kw_only=True):
    """How often what goes wrong. Chances are those of one message or port call.

    The `servers` share the books, as they can on PostgreSQL; each is killed by itself. `kill_every`
    is how many port calls, of those that do something, a life of one lasts on average; 0 is for
    ever.
    """

    servers: int
    shoppers: int
    kill_every: int
    troubles: dict[str, float]
    pause_chance: float
    latency_s: float
    fsync_s: float
    disk_fails: float
    patience_s: float
    clock_moves: float


def draw_weather(dice: Dice) -> Weather:
    """The weather of a seed. Most days have a few troubles only, so that each has its day."""
    troubles = {name: dice.choice((0.0, 0.0, 0.01, 0.04, 0.12)) for name in TROUBLES}
    return Weather(
        servers=dice.choice((1, 1, 2)),
        shoppers=dice.choice((2, 8, 16, 32)),
        kill_every=dice.choice((0, 30, 80, 80, 250)),
        troubles=troubles,
        pause_chance=dice.choice((0.0, 0.02, 0.2)),
        latency_s=dice.choice((0.01, 0.1, 1.0, 4.0)),
        fsync_s=dice.choice((0.0005, 0.003, 0.05)),
        disk_fails=dice.choice((0.0, 0.0, 0.002, 0.02)),
        patience_s=dice.choice((0.2, 2.0, 12.0, 40.0)),
        clock_moves=dice.choice((0.0, 0.0, 0.01, 0.04)),
    )


def calm(weather: Weather) -> None:
    """From now on nothing goes wrong."""
    weather.kill_every = 0
    weather.troubles = dict.fromkeys(TROUBLES, 0.0)
    weather.pause_chance = 0.0
    weather.disk_fails = 0.0
    weather.latency_s = 0.01
    weather.patience_s = 120.0
    weather.clock_moves = 0.0
