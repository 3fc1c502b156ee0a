-- How far each trail is known to have come. A trail that fell short of it keeps that row for good.
CREATE TABLE audit_anchors (
    stream TEXT NOT NULL,
    serial BIGINT NOT NULL,
    number BIGINT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (stream, serial)
);
