-- Keys are stored wrapped by the master key. Merchant 0 stands for the vault itself.
CREATE TABLE vault_keys (
    merchant_id BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    master_key_id TEXT NOT NULL,
    wrapped BYTEA NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, purpose, version)
);

-- One version seals; older ones only open.
CREATE UNIQUE INDEX vault_keys_active ON vault_keys (merchant_id, purpose) WHERE state = 'active';

-- Tokens begin with the time they were made, so rows of a merchant arrive in key order.
CREATE TABLE sealed_cards (
    merchant_id BIGINT NOT NULL,
    token BYTEA NOT NULL,
    key_version INTEGER NOT NULL,
    sealed BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL,
    PRIMARY KEY (merchant_id, token)
) {clustered};

CREATE TABLE blocked_cards (
    merchant_id BIGINT NOT NULL,
    fingerprint BYTEA NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, fingerprint)
) {clustered};
