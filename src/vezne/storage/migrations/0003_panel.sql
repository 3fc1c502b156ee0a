-- Payments: what the panel looks for. Rows from before lack `door` and the rest until a server has
-- filled them in. The basket's name is cut to what fits an index.
ALTER TABLE payments ADD COLUMN standing TEXT;
ALTER TABLE payments ADD COLUMN door TEXT;
ALTER TABLE payments ADD COLUMN currency TEXT;
ALTER TABLE payments ADD COLUMN paid_e8 BIGINT;
ALTER TABLE payments ADD COLUMN bin TEXT;
ALTER TABLE payments ADD COLUMN last4 TEXT;
ALTER TABLE payments ADD COLUMN basket_id BYTEA;

-- With `door` in front, though always the same, so that no other index seems to do as well.
CREATE INDEX payments_unfilled ON payments (door, merchant_id, created_ms, number)
    WHERE door IS NULL;

-- In the order of time, with all that a list shows: whoever looks through many payments reads no
-- documents, and new ones join at the end.
DROP INDEX payments_by_time;

CREATE INDEX payments_by_time ON payments
    (merchant_id, created_ms, number, standing, door, currency, paid_e8, bin, last4, basket_id);

-- What waits for a bank or for somebody, which is little at any time.
CREATE INDEX payments_waiting ON payments (merchant_id, created_ms, number)
    WHERE standing IN ('uncertain', 'review');

-- Members of the panel.
CREATE TABLE members (
    id BIGINT NOT NULL PRIMARY KEY,
    email BYTEA NOT NULL UNIQUE,
    version BIGINT NOT NULL,
    document BYTEA NOT NULL
);

CREATE TABLE memberships (
    merchant_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, member_id)
) {clustered};

CREATE INDEX memberships_of_member ON memberships (member_id);

-- Tokens are 256 bits of chance, of which only SHA-256 digests are kept.
CREATE TABLE member_sessions (
    digest BYTEA NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    member_id BIGINT NOT NULL,
    merchant_id BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL,
    document BYTEA NOT NULL
);

CREATE INDEX member_sessions_of_member ON member_sessions (member_id);

CREATE TABLE member_links (
    digest BYTEA NOT NULL PRIMARY KEY,
    merchant_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    email BYTEA NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    document BYTEA NOT NULL
);

-- Who tried to sign in, by e-mail address or by where from.
CREATE TABLE sign_in_tries (
    name BYTEA NOT NULL PRIMARY KEY,
    tries BIGINT NOT NULL,
    first_ms BIGINT NOT NULL,
    locked_until_ms BIGINT NOT NULL
);

-- Webhooks: every try to tell a notice. Not clustered: with what was sent, rows are long.
CREATE TABLE deliveries (
    merchant_id BIGINT NOT NULL,
    payment_number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    id BYTEA NOT NULL,
    document BYTEA NOT NULL,
    PRIMARY KEY (merchant_id, payment_number, version, id)
);

-- Those that somebody may want to be told again, which are few.
CREATE INDEX notices_given_up ON notices (merchant_id, payment_number, version)
    WHERE state = 'given_up';
