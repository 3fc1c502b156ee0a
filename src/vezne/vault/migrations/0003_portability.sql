-- Who may approve that cards leave: what their passphrases prove, sealed to their names.
CREATE TABLE approvers (
    name TEXT NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL,
    created_ms BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    locked_until_ms BIGINT NOT NULL
);

-- Exports that were asked for, by the digest of what was asked.
CREATE TABLE card_exports (
    digest BYTEA NOT NULL PRIMARY KEY,
    request BYTEA NOT NULL,
    started_ms BIGINT,
    written_ms BIGINT
);

CREATE TABLE export_approvals (
    digest BYTEA NOT NULL,
    approver TEXT NOT NULL,
    approval BYTEA NOT NULL,
    PRIMARY KEY (digest, approver)
);

-- Parts that are written: what each holds, and the last card that it covers.
CREATE TABLE export_parts (
    digest BYTEA NOT NULL,
    part BIGINT NOT NULL,
    owner_key BYTEA NOT NULL,
    token BYTEA NOT NULL,
    document BYTEA NOT NULL,
    PRIMARY KEY (digest, part)
);

-- Exports that were read, by the digest of their manifest. New tokens follow from the secret and
-- the old ones, so that a card that is read again has the token that it had.
CREATE TABLE card_imports (
    merchant_id BIGINT NOT NULL,
    manifest BYTEA NOT NULL,
    secret BYTEA NOT NULL,
    started_ms BIGINT NOT NULL,
    read_ms BIGINT,
    PRIMARY KEY (merchant_id, manifest)
);
