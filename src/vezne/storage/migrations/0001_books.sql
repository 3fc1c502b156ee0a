-- Keys that a caller chose are BYTEA: any text fits, and they compare byte by byte. Documents are
-- JSON in UTF-8.

CREATE TABLE merchants (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    is_demo BIGINT NOT NULL,
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

CREATE TABLE attempts (
    merchant_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    payment_number BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    outcome TEXT,
    document BYTEA NOT NULL,
    PRIMARY KEY (merchant_id, number)
) {clustered};

CREATE INDEX attempts_open ON attempts (created_ms, number) WHERE outcome IS NULL;

CREATE TABLE numbers (
    name TEXT NOT NULL PRIMARY KEY,
    next BIGINT NOT NULL
);

INSERT INTO numbers (name, next) VALUES ('payment', 10000000);
