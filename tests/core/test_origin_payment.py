"""An origin knows which payment it is about, and the house itself has none."""

import contextvars

from vezne.core.audit import Origin, begin_origin, current_origin, name_payment, visitor


def test_an_origin_remembers_the_payment_named_last():
    def ask():
        begin_origin(Origin())
        assert visitor().payment_number is None
        name_payment(1)
        name_payment(2)
        return visitor().payment_number

    assert contextvars.Context().run(ask) == 2


def test_the_house_itself_is_about_no_payment():
    def work():
        name_payment(1)
        return current_origin().payment_number

    assert contextvars.Context().run(work) is None
