"""A query that begins without its question mark does not hide the path."""

import pytest

from fakes.iyzico_door import IyzicoDoor
from vezne.edge.routing import RouteTable

DETAILS = "/v2/reporting/payment/details"


@pytest.mark.parametrize("rest", ["&locale=tr", "&locale=tr&paymentId=1", "&"])
def test_a_path_ends_where_the_query_begins(rest):
    """The client for PHP writes `&` in front of its first parameter."""
    table = RouteTable([IyzicoDoor().door])
    found = table.find("GET", DETAILS + rest)
    assert found is not None
    assert found[1].path == DETAILS


def test_other_paths_stay_unknown():
    """Nothing else is read into them."""
    table = RouteTable([IyzicoDoor().door])
    assert table.find("GET", "/v2/reporting/payment/x&details") is None
    assert table.find("POST", f"{DETAILS}&x=1") is None
