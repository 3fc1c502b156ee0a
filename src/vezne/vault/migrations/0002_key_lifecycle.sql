-- Every master key that this vault has known. The active one wraps new keys.
CREATE TABLE master_keys (
    id TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    kcv TEXT NOT NULL,
    is_sandbox INTEGER NOT NULL,
    state TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    ends_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX master_keys_active ON master_keys (state) WHERE state = 'active';

-- While master keys change, a key is wrapped by both. A destroyed key has no wrap left.
CREATE TABLE key_wraps (
    merchant_id BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    version INTEGER NOT NULL,
    master_key_id TEXT NOT NULL,
    wrapped BYTEA NOT NULL,
    PRIMARY KEY (merchant_id, purpose, version, master_key_id)
) {clustered};
INSERT INTO key_wraps (merchant_id, purpose, version, master_key_id, wrapped)
SELECT merchant_id, purpose, version, master_key_id, wrapped FROM vault_keys;
ALTER TABLE vault_keys DROP COLUMN master_key_id;
ALTER TABLE vault_keys DROP COLUMN wrapped;

-- Key-check values of older keys are filled in when the keys are next opened. The cryptoperiod of
-- keys that protect cards ends a year after they were made; 0 stands for keys that have none.
ALTER TABLE vault_keys ADD COLUMN kcv TEXT NOT NULL DEFAULT '';
ALTER TABLE vault_keys ADD COLUMN ends_ms BIGINT NOT NULL DEFAULT 0;
UPDATE vault_keys SET ends_ms = created_ms + 31536000000
WHERE purpose IN ('card', 'fingerprint');

-- Version 0 stands for rows whose seal does not cover the fingerprint yet: it is of key version 1.
ALTER TABLE sealed_cards ADD COLUMN fingerprint_version INTEGER NOT NULL DEFAULT 0;

-- An entry holds the number, so that its fingerprint can be made anew. Older entries have none.
ALTER TABLE blocked_cards ADD COLUMN fingerprint_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE blocked_cards ADD COLUMN key_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE blocked_cards ADD COLUMN sealed BYTEA;

-- Rotations under way: whatever key is older than this has yet to be replaced. Merchant 0 stands
-- for all of them.
CREATE TABLE rotations (
    purpose TEXT NOT NULL,
    merchant_id BIGINT NOT NULL,
    started_ms BIGINT NOT NULL,
    PRIMARY KEY (purpose, merchant_id)
);
