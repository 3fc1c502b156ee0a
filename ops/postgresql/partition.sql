-- Cuts the tables of the books that grow with every payment: what was made until now goes into one
-- partition, what comes into another. For the books' owner, once a month, while servers run:
--
--     psql -v ON_ERROR_STOP=1 -f partition.sql postgresql://vezne_books@db.example/vezne
--
-- Numbers of payments follow time, so partitions by number are partitions by time. The newest one
-- has no end: nothing fails when the cut of a month is forgotten.
SET search_path = vezne_books;
DO $$
DECLARE
    grown record;
    newest text;
    begins text;
    old_index record;
    cut bigint;
    month text := to_char(now(), 'YYYY_MM_DD');
BEGIN
    -- Further than the servers get while this runs: a row beyond the cut is refused until it is done.
    -- PGOPTIONS='-c vezne.ahead=20000' is enough where a table is looked through in a moment.
    SELECT next + coalesce(current_setting('vezne.ahead', true), '1000000')::bigint
    INTO cut FROM numbers WHERE name = 'payment';
    FOR grown IN SELECT * FROM (VALUES
        ('payments', 'number'), ('ledger_bookings', 'subject'), ('payables', 'subject'),
        ('notices', 'payment_number'), ('deliveries', 'payment_number')
    ) AS tables (name, key)
    LOOP
        SELECT child.relname, (regexp_match(
            pg_get_expr(child.relpartbound, child.oid), 'FROM \((.*)\) TO'))[1]
        INTO newest, begins
        FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
        WHERE inhparent = grown.name::regclass
        AND pg_get_expr(child.relpartbound, child.oid) LIKE '%TO (MAXVALUE)';
        CONTINUE WHEN newest IS NOT NULL AND trim(begins, '''')::bigint >= cut;
        -- That no row is beyond the cut is found out while everybody goes on writing.
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT until_cut CHECK (%I < %s) NOT VALID',
            coalesce(newest, grown.name), grown.key, cut);
        COMMIT;
        EXECUTE format('ALTER TABLE %I VALIDATE CONSTRAINT until_cut', coalesce(newest, grown.name));
        COMMIT;
        -- From here on to the next COMMIT nobody writes to this table: some milliseconds.
        IF newest IS NULL THEN
            newest := grown.name || '_first';
            begins := 'MINVALUE';
            EXECUTE format('ALTER TABLE %I RENAME TO %I', grown.name, newest);
            FOR old_index IN SELECT indexname FROM pg_indexes
                WHERE schemaname = current_schema() AND tablename = newest
            LOOP
                EXECUTE format('ALTER INDEX %I RENAME TO %I',
                    old_index.indexname, left('first_' || old_index.indexname, 63));
            END LOOP;
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING INDEXES)'
                ' PARTITION BY RANGE (%I)', grown.name, newest, grown.key);
        ELSE
            EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', grown.name, newest);
        END IF;
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
            grown.name, newest, begins, cut);
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT until_cut', newest);
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%s) TO (MAXVALUE)',
            grown.name || '_' || month || '_' || cut, grown.name, cut);
        COMMIT;
    END LOOP;
END
$$;
