-- Keys that a caller chose are BYTEA: any text fits, and they compare byte by byte. Documents are
-- JSON in UTF-8.

CREATE TABLE merchants (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    is_demo BIGINT NOT NULL,
    clock_offset_ms BIGINT NOT NULL DEFAULT 0,
    created_ms BIGINT NOT NULL,
    settings TEXT NOT NULL
);

CREATE TABLE credentials (
    door TEXT NOT NULL,
    key BYTEA NOT NULL,
    merchant_id BIGINT NOT NULL,
    sealed_secret BYTEA NOT NULL,
    created_ms BIGINT NOT NULL,
    revoked_ms BIGINT,
    PRIMARY KEY (door, key)
) {clustered};

CREATE INDEX credentials_of_merchant ON credentials (merchant_id);

CREATE TABLE owners (
    merchant_id BIGINT NOT NULL,
    key BYTEA NOT NULL,
    document BYTEA NOT NULL,
    PRIMARY KEY (merchant_id, key)
) {clustered};

-- The merchant's own names for customers, of which one may belong to several owners.
CREATE TABLE owner_names (
    merchant_id BIGINT NOT NULL,
    name BYTEA NOT NULL,
    owner_key BYTEA NOT NULL,
    PRIMARY KEY (merchant_id, name, owner_key)
) {clustered};

CREATE TABLE cards (
    merchant_id BIGINT NOT NULL,
    owner_key BYTEA NOT NULL,
    token BYTEA NOT NULL,
    document BYTEA NOT NULL,
    PRIMARY KEY (merchant_id, owner_key, token)
) {clustered};

-- Not clustered: SQLite moves a row of more than a quarter page out of a clustered table, which
-- doubles the pages that a payment writes.
CREATE TABLE payments (
    merchant_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    slice BIGINT NOT NULL,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    due_ms BIGINT,
    conversation_id BYTEA,
    document BYTEA NOT NULL,
    PRIMARY KEY (merchant_id, number)
);

-- References arrive in no order. The slice keeps inserts to the newest part of the index.
CREATE INDEX payments_by_reference
    ON payments (merchant_id, slice, conversation_id, number)
    WHERE conversation_id IS NOT NULL;

-- Several servers claim numbers in blocks, so that numbers alone do not follow time.
CREATE INDEX payments_by_time ON payments (merchant_id, created_ms, number);

-- What somebody has to look at again: unanswered attempts, money that becomes due.
CREATE INDEX payments_due ON payments (merchant_id, due_ms, number) WHERE due_ms IS NOT NULL;

-- Which payment a reference names, for the doors whose callers name every payment anew.
CREATE TABLE reference_claims (
    merchant_id BIGINT NOT NULL,
    reference BYTEA NOT NULL,
    payment_number BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, reference)
) {clustered};

CREATE TABLE sessions (
    merchant_id BIGINT NOT NULL,
    key BYTEA NOT NULL,
    version BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    document BYTEA NOT NULL,
    PRIMARY KEY (merchant_id, key)
) {clustered};

CREATE INDEX sessions_by_end ON sessions (expires_ms);

-- Requests that are done once, by the key that their callers gave them. Not clustered for the same
-- reason as payments: the answer stands in the row.
CREATE TABLE once_keys (
    merchant_id BIGINT NOT NULL,
    scope TEXT NOT NULL,
    key BYTEA NOT NULL,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    request BYTEA NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    lease_ms BIGINT,
    answer BYTEA,
    PRIMARY KEY (merchant_id, scope, key)
);

CREATE INDEX once_keys_by_end ON once_keys (expires_ms);

-- Those that somebody works on, which are few.
CREATE INDEX once_keys_in_flight ON once_keys (lease_ms) WHERE lease_ms IS NOT NULL;

CREATE TABLE sub_merchants (
    merchant_id BIGINT NOT NULL,
    key BYTEA NOT NULL,
    external_id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    document BYTEA NOT NULL,
    PRIMARY KEY (merchant_id, key),
    UNIQUE (merchant_id, external_id)
);

-- Each follows another, so that no two can give the same money.
CREATE TABLE cross_bookings (
    merchant_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    document BYTEA NOT NULL,
    PRIMARY KEY (merchant_id, number),
    UNIQUE (merchant_id, sequence)
) {clustered};

-- The ledger. One booking for each version of a subject: nothing can be booked twice.
CREATE TABLE ledger_bookings (
    merchant_id BIGINT NOT NULL,
    subject BIGINT NOT NULL,
    version BIGINT NOT NULL,
    document BYTEA NOT NULL,
    PRIMARY KEY (merchant_id, subject, version)
) {clustered};

-- The sums of all bookings. Whole units apart from the rest, because a 64-bit sum of 1e-8 would
-- overflow; a row for each shard, so that servers do not wait for each other's commits.
CREATE TABLE balances (
    merchant_id BIGINT NOT NULL,
    currency TEXT NOT NULL,
    party TEXT NOT NULL,
    shard BIGINT NOT NULL,
    authorized_units BIGINT NOT NULL,
    authorized_e8 BIGINT NOT NULL,
    authorizations_units BIGINT NOT NULL,
    authorizations_e8 BIGINT NOT NULL,
    acquirer_units BIGINT NOT NULL,
    acquirer_e8 BIGINT NOT NULL,
    pending_units BIGINT NOT NULL,
    pending_e8 BIGINT NOT NULL,
    available_units BIGINT NOT NULL,
    available_e8 BIGINT NOT NULL,
    blocked_units BIGINT NOT NULL,
    blocked_e8 BIGINT NOT NULL,
    paying_units BIGINT NOT NULL,
    paying_e8 BIGINT NOT NULL,
    bank_units BIGINT NOT NULL,
    bank_e8 BIGINT NOT NULL,
    commission_units BIGINT NOT NULL,
    commission_e8 BIGINT NOT NULL,
    fee_units BIGINT NOT NULL,
    fee_e8 BIGINT NOT NULL,
    shortfall_units BIGINT NOT NULL,
    shortfall_e8 BIGINT NOT NULL,
    rounding_units BIGINT NOT NULL,
    rounding_e8 BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, currency, party, shard)
) {clustered};

-- What the bank approved, in the order of time.
CREATE TABLE journal (
    merchant_id BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    payment_number BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, at_ms, payment_number, attempt)
) {clustered};

-- Money that became available, event by event, and which payout took it.
CREATE TABLE payables (
    merchant_id BIGINT NOT NULL,
    subject BIGINT NOT NULL,
    version BIGINT NOT NULL,
    party TEXT NOT NULL,
    currency TEXT NOT NULL,
    available_ms BIGINT NOT NULL,
    amount_e8 BIGINT NOT NULL,
    payout_number BIGINT,
    document BYTEA NOT NULL,
    PRIMARY KEY (merchant_id, subject, version, party)
) {clustered};

CREATE INDEX payables_unpaid
    ON payables (merchant_id, currency, party, available_ms, subject, version, amount_e8)
    WHERE payout_number IS NULL;

CREATE INDEX payables_paid ON payables (merchant_id, payout_number)
    WHERE payout_number IS NOT NULL;

CREATE TABLE payouts (
    merchant_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    is_open BIGINT NOT NULL,
    currency TEXT NOT NULL,
    party TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    value_ms BIGINT NOT NULL,
    document BYTEA NOT NULL,
    PRIMARY KEY (merchant_id, number)
) {clustered};

-- One payout follows another: no two can begin with the same balance.
CREATE UNIQUE INDEX payouts_in_order ON payouts (merchant_id, currency, party, sequence);

CREATE INDEX payouts_by_day ON payouts (merchant_id, value_ms, number);

CREATE INDEX payouts_open ON payouts (merchant_id, number) WHERE is_open = 1;

-- How often each party's money in a currency was spent: whoever spends it takes the next turn, so
-- that no two spend the same. And whether its last payout left over as much as can be paid.
CREATE TABLE parties (
    merchant_id BIGINT NOT NULL,
    currency TEXT NOT NULL,
    party TEXT NOT NULL,
    turn BIGINT NOT NULL,
    is_carrying BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, currency, party)
) {clustered};

CREATE INDEX parties_carrying ON parties (merchant_id, currency, party) WHERE is_carrying = 1;

-- Until when each merchant's payouts are made.
CREATE TABLE payout_days (
    merchant_id BIGINT NOT NULL PRIMARY KEY,
    paid_until_ms BIGINT NOT NULL
);

-- What merchants are to be told of a payment's versions, and how far the telling is.
CREATE TABLE notices (
    merchant_id BIGINT NOT NULL,
    payment_number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    door TEXT NOT NULL,
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    is_retry BIGINT NOT NULL,
    next_try_ms BIGINT,
    document BYTEA NOT NULL,
    PRIMARY KEY (merchant_id, payment_number, version)
) {clustered};

-- First tries go before others.
CREATE INDEX notices_due
    ON notices (merchant_id, door, is_retry, next_try_ms, payment_number, version)
    WHERE next_try_ms IS NOT NULL;

CREATE TABLE numbers (
    name TEXT NOT NULL PRIMARY KEY,
    next BIGINT NOT NULL
);

INSERT INTO numbers (name, next) VALUES ('payment', 10000000);
