-- The servers of this database that are running, so that they find each other.
CREATE TABLE servers (
    id TEXT NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    server_group TEXT NOT NULL,
    started_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL
);
