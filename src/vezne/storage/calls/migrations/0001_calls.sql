-- What lists show and search, apart from the documents, which are a hundred times as large.
CREATE TABLE calls (
    merchant_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    duration_us BIGINT NOT NULL,
    door TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    reference TEXT NOT NULL,
    -- The path and the reference in one case: databases fold the letters of ASCII only.
    path_folded TEXT NOT NULL,
    reference_folded TEXT NOT NULL,
    payment_number BIGINT,
    PRIMARY KEY (merchant_id, number)
) {clustered};

CREATE INDEX calls_of_payment ON calls (merchant_id, payment_number, number)
WHERE payment_number IS NOT NULL;

CREATE TABLE call_documents (
    number BIGINT NOT NULL PRIMARY KEY,
    merchant_id BIGINT NOT NULL,
    document BYTEA NOT NULL
);
