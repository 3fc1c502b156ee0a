"""A doctor for every door of a sandbox, who finds out why callers are not believed there."""

import time
from collections.abc import Sequence
from functools import partial

import msgspec

from vezne.core.ports import KeyRegister, NameBox
from vezne.dialects.diagnosing import owner_of
from vezne.dialects.iyzico import doctor as iyzico
from vezne.dialects.paynet import doctor as paynet
from vezne.dialects.paywall import doctor as paywall
from vezne.edge.diagnosing import Practice
from vezne.edge.messages import Door


def attended(
    doors: Sequence[Door], register: KeyRegister, names: NameBox, *, refuses_repeats: bool
) -> list[Door]:
    """The doors of the protocols, each with its doctor."""
    practice = Practice(time.monotonic, partial(owner_of, register))
    doctors = {
        "paywall": paywall.doctor(register),
        "paynet": paynet.doctor(paynet.Practice(register, names)),
    }
    for door in doors:
        if door.name == iyzico.DOOR:
            paths = tuple(dict.fromkeys(route.path for route in door.routes))
            doctors[door.name] = iyzico.doctor(
                iyzico.Practice(register=register, paths=paths, refuses_repeats=refuses_repeats)
            )
    return [
        msgspec.structs.replace(door, diagnose=practice.attend(door.name, doctors[door.name]))
        for door in doors
    ]
