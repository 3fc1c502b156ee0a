-- Notices of which nobody will be told any more, by when what they tell of happened: what is past
-- its time stands in front. Of older rows only the time of their payment is known here.
ALTER TABLE notices ADD COLUMN closed_ms BIGINT;

UPDATE notices SET closed_ms = (
    SELECT created_ms FROM payments
    WHERE payments.merchant_id = notices.merchant_id
    AND payments.number = notices.payment_number
) WHERE next_try_ms IS NULL;

CREATE INDEX notices_closed ON notices (merchant_id, closed_ms) WHERE closed_ms IS NOT NULL;
