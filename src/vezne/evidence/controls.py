"""The table of controls: requirement, what is done about it, the setting in force, the proof.

Numbers and meaning are those of PCI DSS v4.0.1; the words are ours. Only what software can meet is
in here. A test of the house holds every row against the tests and pages that it names.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from vezne.evidence import in_force
from vezne.evidence.state import State


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """A row. `tests` are `path::name` below the repository's root, `page` a path there."""

    requirement: str
    asks: str
    control: str
    in_force: Callable[[State], str]
    tests: tuple[str, ...]
    page: str


_ATTACK: Final = "tests/attack/test_attack_kit.py::"
_ACCOUNT: Final = "tests/panel/test_account.py::"
_LOCK_OUT: Final = "tests/panel/test_lock_out.py::"

CONTROLS: Final = (
    Control(
        requirement="3.2.1",
        asks="Account data is kept no longer than needed",
        control="A sweeper deletes what is past its time, cards from books and vault alike, and "
        "leaves a line in the audit trail; `vezne retention run --dry-run` shows what would go.",
        in_force=in_force.retention,
        tests=(
            "tests/flows/test_retention.py::test_expired_cards_go_from_books_and_vault",
            "tests/vault/test_deleted_is_gone.py::test_no_file_holds_a_deleted_card",
        ),
        page="docs/retention.md",
    ),
    Control(
        requirement="3.3.1.2",
        asks="No card verification code after authorization",
        control="A code exists in the memory of the vault only, for fifteen minutes at most, and "
        "is overwritten when the bank has answered.",
        in_force=in_force.always,
        tests=(
            "tests/journeys/test_leaks.py::test_no_number_leaves_the_vault",
            "tests/vault/test_codes_are_wiped.py::test_a_request_that_is_cut_off_wipes_its_code",
        ),
        page="docs/vault.md",
    ),
    Control(
        requirement="3.3.2",
        asks="Sensitive authentication data is encrypted until authorization",
        control="While a cardholder is at the bank's page, number and code are sealed under a key "
        "that the process made for itself and never writes.",
        in_force=in_force.always,
        tests=(
            "tests/vault/test_holding.py::test_what_is_held_is_sealed",
            "tests/vault/test_holding.py::test_nothing_is_held_for_longer_than_its_age",
        ),
        page="docs/vault.md",
    ),
    Control(
        requirement="3.4.1",
        asks="Numbers are masked wherever they are shown",
        control="Nothing but the vault has a number; everything else has the first eight or six "
        "digits and the last four, the same ones everywhere.",
        in_force=in_force.always,
        tests=(f"{_ATTACK}test_there_is_one_truncation",),
        page="docs/vault.md",
    ),
    Control(
        requirement="3.5.1",
        asks="Stored numbers are unreadable",
        control="AES-256-GCM under a key of the merchant's own, bound to token, merchant, key "
        "version and fingerprint.",
        in_force=in_force.keys,
        tests=(f"{_ATTACK}test_nothing_is_recovered",),
        page="docs/vault.md",
    ),
    Control(
        requirement="3.5.1.1",
        asks="Hashes of numbers are keyed, and their keys are managed",
        control="HMAC-SHA256 of the whole number under a key of the merchant's own, wrapped by "
        "the master key.",
        in_force=lambda state: f"{state.count('fingerprint', 'active')} fingerprint keys in use",
        tests=(
            f"{_ATTACK}test_nothing_correlates",
            f"{_ATTACK}test_every_card_of_a_weak_build_is_recovered",
        ),
        page="docs/vault.md",
    ),
    Control(
        requirement="3.6.1.1",
        asks="Algorithms, keys, strengths and their ends are written down",
        control="`vezne keys list` shows every key with its use, check value, state and end.",
        in_force=lambda state: f"{len(state.keys)} keys on record",
        tests=(
            "tests/vault/test_keyring.py::test_what_a_key_s_row_tells",
            "tests/journeys/test_key_commands.py::test_every_key_is_replaced_beside_a_server",
        ),
        page="docs/keys.md",
    ),
    Control(
        requirement="3.6.1.2",
        asks="Keys are stored encrypted, in a secure device, or in shares",
        control="Every stored key is wrapped by the master key, which comes from a private file, "
        "from custodians' shares, from a PKCS#11 token or from a cloud's key service.",
        in_force=lambda state: state.master,
        tests=(
            "tests/contract/test_master_key_contract.py::test_a_wrapped_key_opens_at_its_place_only",
            "tests/journeys/test_master_keys.py::test_a_server_whose_key_is_in_a_device",
        ),
        page="docs/keys.md",
    ),
    Control(
        requirement="3.7.1",
        asks="Keys are strong when they are made",
        control="256 bits from the operating system's source; weak and default keys do not start.",
        in_force=in_force.always,
        tests=(
            "tests/vault/test_master_key.py::test_weak_keys_are_known",
            "tests/bootstrap/test_serving_master_key.py::test_unfit_keys_are_refused_in_live_mode",
        ),
        page="docs/keys.md",
    ),
    Control(
        requirement="3.7.4",
        asks="Keys change at the end of their cryptoperiod",
        control="`vezne keys rotate data|fingerprint|master` replaces keys while servers run; "
        "overdue keys are warned of.",
        in_force=in_force.periods,
        tests=(
            "tests/contract/test_rotation_contract.py::test_a_rotation_leaves_nothing_of_the_old_key",
            "tests/vault/test_keyring.py::test_keys_beyond_their_time",
        ),
        page="docs/rotation.md",
    ),
    Control(
        requirement="3.7.5",
        asks="Keys that are weak, suspect or no longer needed are retired and destroyed",
        control="A rotation ends with the proof that no row needs the old key, and erases it.",
        in_force=lambda state: (
            f"{sum(key.state == 'destroyed' for key in state.keys)} keys destroyed"
        ),
        tests=(
            "tests/journeys/test_rotation_kills.py::test_rotations_that_are_killed",
            "tests/vault/test_keyring.py::test_a_destroyed_key_is_erased",
        ),
        page="docs/rotation.md",
    ),
    Control(
        requirement="3.7.6",
        asks="Split knowledge and dual control where people handle keys",
        control="`vezne keys ceremony` splits the master key by Shamir's scheme: fewer custodians "
        "than the threshold know nothing of it. An export of cards needs two approvers.",
        in_force=lambda state: state.master,
        tests=(
            "tests/vault/test_shamir.py::test_fewer_shares_say_nothing",
            "tests/journeys/test_master_keys.py::test_a_ceremony",
            "tests/vault/test_approvers.py::test_two_vouch_for_a_change_among_two",
        ),
        page="docs/keys.md",
    ),
    Control(
        requirement="3.7.7",
        asks="Nobody puts another key in a key's place",
        control="A wrapped key opens for its merchant, purpose and version only, and the settings "
        "alone, never the database, say where the master key is.",
        in_force=in_force.always,
        tests=(
            "tests/vault/test_keyring.py::test_altered_or_moved_keys_are_refused",
            "tests/contract/test_rotation_contract.py::test_rows_of_before_do_not_come_back",
        ),
        page="docs/keys.md",
    ),
    Control(
        requirement="4.2.1",
        asks="Strong cryptography on open networks",
        control="TLS 1.2 or newer at the doors; webhooks go to https addresses outside sandbox.",
        in_force=in_force.listeners,
        tests=(
            "tests/test_webhook_urls.py::test_only_a_sandbox_sends_without_tls",
            "tests/journeys/test_pypi_client.py::test_the_documented_sample",
        ),
        page="docs/settings.md",
    ),
    Control(
        requirement="6.2.4",
        asks="The software withstands the common attacks",
        control="Every door is fuzzed against its own description, every parser by properties; "
        "SQL has parameters only; a fault is answered without details.",
        in_force=in_force.always,
        tests=(
            "tests/fuzz/test_doors_as_described.py::test_a_door_answers_as_described",
            "tests/fuzz/test_http_bytes.py::test_any_bytes_are_answered_or_not",
        ),
        page="docs/openapi.md",
    ),
    Control(
        requirement="6.3.2",
        asks="An inventory of third-party components",
        control="The lock file names every component with its version and hash.",
        in_force=in_force.always,
        tests=("tests/house/test_house.py::test_lock_files_name_hashes_and_no_index",),
        page="CONTRIBUTING.md",
    ),
    Control(
        requirement="6.5.5",
        asks="No live card data before production",
        control="Sandbox and live have keys that refuse each other; a setting refuses numbers "
        "that are no test cards.",
        in_force=lambda state: (
            f"refuse_unknown_cards is {str(state.settings.sandbox.refuse_unknown_cards).lower()}"
        ),
        tests=(
            "tests/bootstrap/test_serving_master_key.py::test_a_sandbox_refuses_a_live_key",
            "tests/journeys/test_sandbox_cards.py::test_a_setting_refuses_such_numbers",
        ),
        page="docs/keys.md",
    ),
    Control(
        requirement="7.2.6",
        asks="Stored card data is reached through the programs' own methods only",
        control="No port of the vault gives a number out. Import contracts keep other rooms from "
        "the vault and from its keys; the vault can have a process of its own.",
        in_force=in_force.vault_process,
        tests=(
            "tests/journeys/test_two_processes.py::test_no_card_number_is_in_the_gateway_s_memory",
        ),
        page="docs/vault.md",
    ),
    Control(
        requirement="8.2.8",
        asks="Who leaves a session alone has to sign in again",
        control="A session of the panel ends when the member does nothing for so long, however "
        "often a page refreshes itself, and after twelve hours in any case. Live mode does not "
        "start with more than fifteen minutes.",
        in_force=in_force.idle,
        tests=(
            "tests/test_settings.py::test_live_mode_refuses_sessions_that_are_idle_for_longer",
            f"{_ACCOUNT}test_in_live_mode_a_session_ends_after_fifteen_idle_minutes",
            "tests/panel/test_sign_in.py::test_a_session_ends_when_nobody_is_at_work",
        ),
        page="docs/panel.md",
    ),
    Control(
        requirement="8.3.2",
        asks="Authentication factors are unreadable in storage",
        control="API secrets and second factors are sealed under a key of the vault's; members' "
        "passwords and approvers' passphrases are kept as Argon2id, tokens as SHA-256.",
        in_force=in_force.always,
        tests=(
            "tests/vault/test_approvers.py::test_an_approver_is_known_by_a_passphrase",
            "tests/vault/test_secret_box.py::test_the_sealed_form_tells_nothing",
            "tests/panel/test_member_secrets.py::test_nothing_that_signs_in_is_in_the_database",
        ),
        page="docs/vault.md",
    ),
    Control(
        requirement="8.3.4",
        asks="Guessing is cut off",
        control="Failed authentications lock an address out of a key for a growing time; requests "
        "and cards have limits of their own. Ten wrong passwords or codes lock a member of the "
        "panel out for thirty minutes; fifty lock out the address that they come from.",
        in_force=in_force.guard,
        tests=(
            "tests/journeys/test_guard_journey.py::test_guessing_is_stopped_and_nobody_else_is",
            "tests/vault/test_approvers.py::test_ten_wrong_passphrases_lock_out_for_half_an_hour",
            f"{_LOCK_OUT}test_after_ten_wrong_tries_nobody_comes_in_for_half_an_hour",
            f"{_LOCK_OUT}test_of_many_tries_at_once_ten_are_looked_at_and_one_locks",
        ),
        page="docs/guard.md",
    ),
    Control(
        requirement="8.3.6",
        asks="Passwords are long and of several kinds of characters",
        control="Twelve characters or more with letters and digits; none that is made of the "
        "member's address, the merchant's name or words that everybody uses.",
        in_force=in_force.always,
        tests=(f"{_ACCOUNT}test_a_password_that_is_no_good_is_refused_beside_its_field",),
        page="docs/panel.md",
    ),
    Control(
        requirement="8.3.7",
        asks="None of the last four passwords comes back",
        control="The hashes of the last four are kept and compared.",
        in_force=in_force.always,
        tests=(f"{_ACCOUNT}test_none_of_the_last_four_passwords_comes_back",),
        page="docs/panel.md",
    ),
    Control(
        requirement="8.4.2",
        asks="A second factor for all access",
        control="In live mode nothing of the panel is open to a member before a second factor "
        "(RFC 6238) is set up, and it is asked for at every sign-in.",
        in_force=in_force.second_factor,
        tests=(
            f"{_ACCOUNT}test_in_live_mode_nothing_is_open_without_a_second_factor",
            f"{_ACCOUNT}test_the_second_factor_is_set_up_and_asked_for",
        ),
        page="docs/panel.md",
    ),
    Control(
        requirement="8.5.1",
        asks="Second factors cannot be replayed",
        control="A code is good once, and no older one after it; the try is counted before it is "
        "looked at.",
        in_force=in_force.always,
        tests=(f"{_ACCOUNT}test_a_code_is_good_once_and_recovery_codes_too",),
        page="docs/panel.md",
    ),
    Control(
        requirement="10.2.1",
        asks="Access to card data and what administrators do is logged",
        control="A line for each access to card data, command of an operator, refusal, lock-out, "
        "key event, start and stop.",
        in_force=in_force.trail,
        tests=(
            "tests/vault/test_audited_vault.py::test_stored_read_blocked_deleted",
            "tests/journeys/test_audit_journey.py::test_no_acknowledged_card_is_without_a_line",
            "tests/house/test_audit_actions.py::test_every_action_is_recorded_somewhere",
        ),
        page="docs/audit.md",
    ),
    Control(
        requirement="10.2.2",
        asks="A log line says who, what, when, from where, with which end",
        control="Caller, merchant, address, door, action, subject, time and outcome stand in every "
        "line; never a number, a code or a secret.",
        in_force=in_force.trail,
        tests=(
            "tests/vault/test_audit_trail.py::test_a_line_says_who_and_where",
            "tests/vault/test_audited_vault.py::test_no_line_holds_a_number",
        ),
        page="docs/audit.md",
    ),
    Control(
        requirement="10.3.2",
        asks="Log files cannot be changed unnoticed",
        control="Lines are chained by SHA-256 and signed by Ed25519; the vault's database keeps an "
        "anchor, and signed checkpoints can be kept elsewhere.",
        in_force=in_force.trail,
        tests=(
            "tests/vault/test_audit_verify.py::test_any_mutation_is_found",
            "tests/vault/test_audit_verify.py::test_a_cut_is_found_by_a_checkpoint_from_elsewhere",
        ),
        page="docs/audit.md",
    ),
    Control(
        requirement="10.3.4",
        asks="Changes of logs are detected",
        control="`vezne audit verify` finds any changed, removed, added, reordered or cut line.",
        in_force=in_force.trail,
        tests=(
            "tests/journeys/test_audit_journey.py::test_a_changed_line_is_named",
            "tests/journeys/test_audit_journey.py::test_a_cut_is_found",
        ),
        page="docs/audit.md",
    ),
    Control(
        requirement="10.7.2",
        asks="Failures of the logging are noticed",
        control="When the trail cannot be written, what touches cards fails with the protocol's "
        "own error, and the log says so.",
        in_force=in_force.always,
        tests=(
            "tests/vault/test_audited_vault.py::test_without_a_trail_no_card_is_touched",
            "tests/vault/test_audit_trail.py::test_a_failing_disk_is_told_at_once_and_loses_nothing",
        ),
        page="docs/audit.md",
    ),
    Control(
        requirement="12.10.7",
        asks="Card numbers where they should not be are found and dealt with",
        control="`vezne scan` searches logs, traces, archives and databases, and shows masks only.",
        in_force=in_force.always,
        tests=(
            "tests/scanner/test_planted.py::test_everything_that_is_planted_is_found",
            "tests/scanner/test_planted.py::test_nothing_is_found_in_normal_logs",
        ),
        page="docs/scan.md",
    ),
)
