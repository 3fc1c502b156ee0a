from vezne.machine import ENTROPY_POOL_BYTES, SystemEntropy


def test_no_random_byte_is_given_out_twice():
    """Takes of all sizes, across pages and larger than one, never overlap."""
    entropy = SystemEntropy()
    taken = [entropy.take(count) for count in (16, 4000, 14, 9000, 20, *[12] * 1000)]
    assert [len(item) for item in taken] == [16, 4000, 14, 9000, 20, *[12] * 1000]
    assert len(set(taken)) == len(taken)
    assert ENTROPY_POOL_BYTES >= 4000
