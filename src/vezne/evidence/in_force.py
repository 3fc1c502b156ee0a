"""What is in force of each control, in the words of the report."""

from vezne.evidence.state import State


def retention(state: State) -> str:
    """For how long what is kept."""
    kept = state.retention
    cards = kept.expired_cards_days
    return (
        f"expired cards {'for ever' if cards is None else f'{cards} days'}, "
        f"sessions {kept.sessions_days} days, told notices {kept.notices_days} days"
    )


def keys(state: State) -> str:
    """How many keys seal and open."""
    sealing = state.count("card", "active")
    old = state.count("card", "decrypt_only")
    return f"{sealing} data keys seal, {old} only open; master key {state.master}"


def periods(state: State) -> str:
    """How long a key may seal, and which are past that."""
    days = state.settings.vault.cryptoperiod_days
    overdue = ", ".join(state.overdue) or "none"
    return f"{days} days; overdue: {overdue}"


def guard(state: State) -> str:
    """Whether a guard stands at the doors, and its limits."""
    if not state.is_guarded:
        return "off"
    guard = state.settings.guard
    return (
        f"on: {guard.failed_logins} failures, then up to {guard.lockout_minutes_max} minutes; "
        f"{guard.card_per_hour} attempts an hour on one card"
    )


def trail(state: State) -> str:
    """How far the trail is signed."""
    return f"signed up to line {state.checkpoint}" if state.checkpoint else "nothing signed yet"


def listeners(state: State) -> str:
    """What listens, with TLS or without."""
    http, tls = state.settings.listen, state.settings.tls_listen
    plain = "no plain listener" if http is None else f"plain HTTP on {http.host}"
    return f"{'no TLS listener' if tls is None else 'TLS 1.2 and newer'}; {plain}"


def vault_process(state: State) -> str:
    """Whether the vault has a process of its own."""
    if state.settings.vault_socket is None:
        return "no socket of a vault's own process is set"
    return "the vault in a process of its own"


def idle(state: State) -> str:
    """After how long an idle session of the panel ends."""
    return f"{state.settings.idle_minutes} minutes"


def second_factor(state: State) -> str:
    """Whether codes are asked for."""
    return "mandatory" if state.settings.mode == "live" else "optional in the sandbox"


def always(_state: State) -> str:
    """What no setting changes."""
    return "always; no setting"
