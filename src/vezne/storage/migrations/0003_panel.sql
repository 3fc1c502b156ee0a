-- Payments: what the panel looks for. Rows from before lack `door` and the rest until a server has
-- filled them in. The basket's name is cut to what fits an index.
ALTER TABLE payments ADD COLUMN standing TEXT;
ALTER TABLE payments ADD COLUMN door TEXT;
ALTER TABLE payments ADD COLUMN currency TEXT;
ALTER TABLE payments ADD COLUMN paid_e8 BIGINT;
ALTER TABLE payments ADD COLUMN bin TEXT;
ALTER TABLE payments ADD COLUMN last4 TEXT;
ALTER TABLE payments ADD COLUMN basket_id BYTEA;

CREATE INDEX payments_unfilled ON payments (merchant_id, created_ms, number) WHERE door IS NULL;

-- In the order of time, with all that a list shows: whoever looks through many payments reads no
-- documents, and new ones join at the end.
DROP INDEX payments_by_time;

CREATE INDEX payments_by_time ON payments
    (merchant_id, created_ms, number, standing, door, currency, paid_e8, bin, last4, basket_id);

-- Members of the panel.
