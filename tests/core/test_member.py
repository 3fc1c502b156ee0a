"""Members as the books keep them and as others may know them."""

from msgspec.structs import replace

from vezne.core.member import Member, MemberRecord


def test_others_know_no_secret_of_a_member():
    """Id, address, and whether there is a second factor; one that is being set up is none yet."""
    record = MemberRecord(
        id=7, version=1, email="ayse@example.com", password_hash="$argon2id$", created_ms=1
    )
    assert record.member == Member(id=7, email="ayse@example.com")
    assert not replace(record, pending_factor=b"sealed").member.has_second_factor
    assert replace(record, sealed_factor=b"sealed").member.has_second_factor
