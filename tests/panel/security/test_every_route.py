import time
import pytest
pytestmark = pytest.mark.asyncio(loop_scope="module")
async def test_x(town):
    for q in town.quarters: print(q.ids)
    t=time.time(); r=town.rows(); print(time.time()-t, sum(map(len,r.values())))
