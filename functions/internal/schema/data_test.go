package schema_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/miyabi-society/platform/functions/internal/postgrestest"
	"github.com/miyabi-society/platform/migrations"
)

// Every migration goes up on the data that the ones before it allow, down again, and up once more: the schema is the
// same and no row of an older table is gone.
func TestEveryMigrationGoesUpDownAndUpOnADatabaseWithData(t *testing.T) {
	t.Parallel()
	db := server.Empty(t)
	all := names(t)
	for i := range all {
		part := migrator(t, db, first(t, all[:i+1]))
		var before map[string]int
		if i > 0 {
			before = rows(t, db)
		}
		if _, err := part.Up(t.Context()); err != nil {
			t.Fatalf("%s up: %v", all[i], err)
		}
		up := db.Dump(t)
		if _, err := part.DownTo(t.Context(), version(t, all, i-1)); err != nil {
			t.Fatalf("%s down: %v", all[i], err)
		}
		if i > 0 {
			wantRows(t, all[i]+" down", rows(t, db), before)
		}
		if _, err := part.Up(t.Context()); err != nil {
			t.Fatalf("%s up again: %v", all[i], err)
		}
		if db.Dump(t) != up {
			t.Fatalf("%s: the schema differs after up, down and up", all[i])
		}
		wantRows(t, all[i]+" up again", rows(t, db), before)
		fill(t, db)
	}
	takeBackAll(t, db, all)
}

// takeBackAll goes down from the newest schema with data in every table, one migration after the other.
func takeBackAll(t *testing.T, db *postgrestest.Database, all []string) {
	t.Helper()
	m := migrator(t, db, migrations.Files)
	for i := len(all) - 1; i >= 0; i-- {
		if _, err := m.DownTo(t.Context(), version(t, all, i-1)); err != nil {
			t.Fatalf("%s down from the newest: %v", all[i], err)
		}
	}
	var left int
	err := db.Superuser(t).QueryRow(t.Context(), `SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p'))
		+ (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)`).Scan(&left)
	if err != nil || left != 1 {
		t.Errorf("%d tables and functions are left, want only goose_db_version (%v)", left, err)
	}
	if _, err := m.Up(t.Context()); err != nil {
		t.Errorf("up from nothing: %v", err)
	}
}

func first(t *testing.T, some []string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range some {
		files[name] = &fstest.MapFile{Data: []byte(content(t, name))}
	}
	return files
}

// version is the number of the i-th migration; 0 below the first.
func version(t *testing.T, all []string, i int) int64 {
	t.Helper()
	if i < 0 {
		return 0
	}
	var v int64
	if _, err := fmt.Sscanf(all[i], "%d_", &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// rows counts the rows of every table.
func rows(t *testing.T, db *postgrestest.Database) map[string]int {
	t.Helper()
	conn := db.Superuser(t)
	counts := map[string]int{}
	for _, table := range tables(t, conn) {
		var n int
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		counts[table] = n
	}
	return counts
}

func wantRows(t *testing.T, when string, got, want map[string]int) {
	t.Helper()
	for table, n := range want {
		if now, kept := got[table]; kept && now < n {
			t.Errorf("%s: %s has %d rows, had %d", when, table, now, n)
		}
	}
}

func tables(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	list, err := conn.Query(t.Context(), `SELECT relname FROM pg_class
		WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'goose_db_version' ORDER BY relname`)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(list, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// column is one that an insert must give.
type column struct{ Name, Type string }

// candidates are values to try for a column by its type; the text ones are completed by the literals of the table's
// own checks.
var candidates = map[string][]string{
	"uuid":                     {"00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-000000000002"},
	"text":                     {"雅", "ab", "a.b", "00", strings.Repeat("0", 64), "https://a.example", "owner/name"},
	"bytea":                    {`\x` + strings.Repeat("00", 32), `\x` + strings.Repeat("01", 32)},
	"bigint":                   {"1", "2"},
	"integer":                  {"1", "2"},
	"smallint":                 {"1", "2"},
	"double precision":         {"1"},
	"numeric":                  {"1"},
	"boolean":                  {"true"},
	"timestamp with time zone": {"2099-01-01", "2099-01-02", "2026-01-01"},
	"date":                     {"2099-01-01"},
	"interval":                 {"1 hour"},
	"jsonb":                    {"{}", "[]"},
	"inet":                     {"192.0.2.1"},
	"text[]":                   {"{}", "{a.b}"},
	"uuid[]":                   {"{}"},
}

// fill gives every empty table two rows. It works for tables that it has never heard of: all keys are one of two ids,
// so that every reference finds its row, and other columns get the first values that the table's checks let through.
func fill(t *testing.T, db *postgrestest.Database) {
	t.Helper()
	conn := db.Superuser(t)
	// triggers, which may want more than two rows can give, stay out; the references are checked below
	if _, err := conn.Exec(t.Context(), "SET session_replication_role = replica"); err != nil {
		t.Fatal(err)
	}
	done := map[string]bool{"goose_db_version": true}
	for _, table := range tables(t, conn) {
		fillWithParents(t, conn, table, done)
	}
	wantReferences(t, conn)
}

// fillWithParents fills a table after those that it refers to.
func fillWithParents(t *testing.T, conn *pgx.Conn, table string, done map[string]bool) {
	t.Helper()
	if done[table] {
		return
	}
	done[table] = true
	list, err := conn.Query(t.Context(), "SELECT DISTINCT confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND conrelid = $1::regclass", table)
	if err != nil {
		t.Fatal(err)
	}
	parents, err := pgx.CollectRows(list, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, parent := range parents {
		fillWithParents(t, conn, parent, done)
	}
	var filled bool
	if err := conn.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM "+table+")").Scan(&filled); err != nil {
		t.Fatal(err)
	}
	if !filled {
		pair(t, conn, table)
		fillTable(t, conn, table)
	}
}

// pair gives a table that refers to another one twice what it needs: in each organization a row under either id.
func pair(t *testing.T, conn *pgx.Conn, table string) {
	t.Helper()
	list, err := conn.Query(t.Context(), `SELECT confrelid::regclass::text FROM pg_constraint
		WHERE contype = 'f' AND conrelid = $1::regclass AND cardinality(conkey) > 1 GROUP BY 1 HAVING count(*) > 1`, table)
	if err != nil {
		t.Fatal(err)
	}
	parents, err := pgx.CollectRows(list, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, parent := range parents {
		_, err := conn.Exec(t.Context(), "INSERT INTO "+parent+" SELECT (jsonb_populate_record(p, jsonb_build_object('id', o.id))).* FROM "+parent+" AS p INNER JOIN "+parent+" AS o ON o.id <> p.id")
		if err != nil {
			t.Fatal(err)
		}
	}
}

// referred are values that a column with a foreign key can have; none for another column.
func referred(t *testing.T, conn *pgx.Conn, table, name string) []string {
	t.Helper()
	var query string
	err := conn.QueryRow(t.Context(), `SELECT coalesce((
		SELECT format('SELECT DISTINCT %I::text FROM %s ORDER BY 1 LIMIT 2', b.attname, c.confrelid::regclass)
		FROM pg_constraint AS c, unnest(c.conkey, c.confkey) AS k (here, there)
		INNER JOIN pg_attribute AS a ON a.attnum = k.here INNER JOIN pg_attribute AS b ON b.attnum = k.there
		WHERE c.contype = 'f' AND c.conrelid = $1::regclass AND a.attrelid = c.conrelid AND b.attrelid = c.confrelid AND a.attname = $2
			AND c.confrelid <> c.conrelid
		LIMIT 1), '')`, table, name).Scan(&query)
	if err != nil {
		t.Fatal(err)
	}
	if query == "" {
		return nil
	}
	list, err := conn.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(list, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func fillTable(t *testing.T, conn *pgx.Conn, table string) {
	t.Helper()
	list, err := conn.Query(t.Context(), `SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type
		FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND a.attidentity = '' AND a.attgenerated = ''
			AND (d.oid IS NULL OR pg_get_expr(d.adbin, d.adrelid) LIKE '%current_%()%')`, table)
	if err != nil {
		t.Fatal(err)
	}
	columns, err := pgx.CollectRows(list, pgx.RowToStructByName[column])
	if err != nil {
		t.Fatal(err)
	}
	literals := checkLiterals(t, conn, table)
	choices := make([][]string, len(columns))
	for i, one := range columns {
		if choices[i] = referred(t, conn, table, one.Name); len(choices[i]) > 0 {
			continue
		}
		choices[i] = candidates[one.Type]
		if one.Type == "text" {
			choices[i] = append(slices.Clone(literals), choices[i]...)
		}
		if len(choices[i]) == 0 {
			t.Fatalf("%s.%s: there are no values to try for the type %s", table, one.Name, one.Type)
		}
	}
	for turn := range 2 {
		if err := insert(t, conn, table, columns, choices, turn); err != nil {
			t.Fatalf("no row for %s: %v", table, err)
		}
	}
}

// checkLiterals are the texts that the table's checks compare with.
func checkLiterals(t *testing.T, conn *pgx.Conn, table string) []string {
	t.Helper()
	list, err := conn.Query(t.Context(), `SELECT DISTINCT m[1] FROM pg_constraint AS c, regexp_matches(pg_get_constraintdef(c.oid), '''([^'']+)''::text', 'g') AS m
		WHERE c.conrelid = $1::regclass AND c.contype = 'c'`, table)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(list, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// insert tries values until the table takes them: after a refusal it moves on the columns that the violated constraint
// is about.
func insert(t *testing.T, conn *pgx.Conn, table string, columns []column, choices [][]string, turn int) error {
	t.Helper()
	at := make([]int, len(columns))
	for i, one := range columns {
		if one.Type == "uuid" {
			at[i] = turn
		}
	}
	const tries = 200
	var err error
	for range tries {
		var into, values []string
		for i, one := range columns {
			into = append(into, one.Name)
			values = append(values, fmt.Sprintf("'%s'::%s", choices[i][at[i]%len(choices[i])], one.Type))
		}
		statement := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(into, ", "), strings.Join(values, ", "))
		if len(columns) == 0 {
			statement = "INSERT INTO " + table + " DEFAULT VALUES"
		}
		if _, err = conn.Exec(t.Context(), statement); err == nil {
			return nil
		}
		refused, ok := err.(*pgconn.PgError) //nolint:errorlint // as pgx gives it
		if !ok || refused.ConstraintName == "" {
			return err
		}
		next(at, choices, about(t, conn, table, refused.ConstraintName, columns))
	}
	return err
}

// about gives the given columns that a constraint or unique index names.
func about(t *testing.T, conn *pgx.Conn, table, constraint string, columns []column) []int {
	t.Helper()
	list, err := conn.Query(t.Context(), `SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = $1::regclass AND (
		a.attnum = ANY((SELECT c.conkey FROM pg_constraint AS c WHERE c.conrelid = a.attrelid AND c.conname = $2)::smallint[])
		OR a.attnum = ANY((SELECT i.indkey::smallint[] FROM pg_index AS i WHERE i.indrelid = a.attrelid AND i.indexrelid::regclass::text = $2)::smallint[]))`, table, constraint)
	if err != nil {
		t.Fatal(err)
	}
	named, err := pgx.CollectRows(list, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for i, one := range columns {
		if slices.Contains(named, one.Name) {
			found = append(found, i)
		}
	}
	return found
}

// next counts on through the combinations of some columns' values.
func next(at []int, choices [][]string, some []int) {
	for _, i := range slices.Backward(some) {
		at[i]++
		if at[i]%len(choices[i]) != 0 {
			return
		}
	}
}

// wantReferences checks that the rows are what the foreign keys allow, by having PostgreSQL check each anew.
func wantReferences(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	list, err := conn.Query(t.Context(), `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s', conrelid::regclass, conname, conname, pg_get_constraintdef(oid))
		FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND connamespace = 'public'::regnamespace`)
	if err != nil {
		t.Fatal(err)
	}
	statements, err := pgx.CollectRows(list, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range statements {
		if _, err := tx.Exec(t.Context(), one); err != nil {
			t.Fatalf("%s: %v", one, err)
		}
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
}
