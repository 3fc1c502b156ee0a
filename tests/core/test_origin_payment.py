"""An origin knows which payment it is about, and the house itself has none."""

from vezne.core.audit import Origin, begin_origin, current_origin, name_payment, visitor


async def test_an_origin_remembers_the_payment_named_last():
    begin_origin(Origin())
    assert visitor().payment_number is None
    name_payment(1)
    name_payment(2)
    assert visitor().payment_number == 2


async def test_the_house_itself_is_about_no_payment():
    name_payment(1)
    assert current_origin().payment_number is None
