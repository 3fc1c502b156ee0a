"""Where the sources of a protocol disagree, the reading is a choice: one named switch each.

Every dialect has a table of them. Two profiles choose for all: `classic` follows the published
pages, `current` what today's clients expect.
"""

import enum
from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec


class Profile(enum.StrEnum):
    """A reading for every switch."""

    CLASSIC = "classic"
    CURRENT = "current"


class Reading(msgspec.Struct, frozen=True):
    """One way to read the sources: its name, what it stands for, who says so."""

    name: str
    value: object
    source: str


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """A question with several answers. Each profile follows the reading that bears its name.

    `others` are readings that no profile follows.
    """

    name: str
    about: str
    classic: Reading
    current: Reading
    others: tuple[Reading, ...] = ()

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Every reading, once."""
        both = (self.classic,) if self.classic == self.current else (self.classic, self.current)
        return both + self.others

    def reading_for(self, profile: Profile) -> Reading:
        """What a profile chooses."""
        return self.classic if profile is Profile.CLASSIC else self.current


Switches = TypeVar("Switches", bound=msgspec.Struct)


def chosen_readings(
    door: str, table: Sequence[Switch], profile: str, overrides: Mapping[str, str]
) -> dict[str, Reading]:
    """The reading of every switch: the profile's, or the one that is named instead.

    Raises ValueError for an unknown profile, switch or reading, naming those that exist.
    """
    chosen = _profile_named(door, profile)
    unknown = sorted(set(overrides) - {switch.name for switch in table})
    if unknown:
        known = ", ".join(switch.name for switch in table)
        raise ValueError(f"no such {door} switch: {', '.join(unknown)}; there are: {known}")
    return {
        switch.name: (
            _reading_named(switch, overrides[switch.name])
            if switch.name in overrides
            else switch.reading_for(chosen)
        )
        for switch in table
    }


def switches_as(kind: type[Switches], readings: Mapping[str, Reading]) -> Switches:
    """The record that a dialect works with: a field for each switch."""
    return msgspec.convert({name: reading.value for name, reading in readings.items()}, kind)


def _profile_named(door: str, name: str) -> Profile:
    try:
        return Profile(name)
    except ValueError:
        known = ", ".join(Profile)
        raise ValueError(f"no such {door} profile: {name}; there are: {known}") from None


def _reading_named(switch: Switch, name: str) -> Reading:
    for reading in switch.readings:
        if reading.name == name:
            return reading
    known = ", ".join(reading.name for reading in switch.readings)
    raise ValueError(f"no such reading of {switch.name}: {name}; there are: {known}")
