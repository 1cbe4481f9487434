package schema_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/migrations"
)

const (
	document      = "../../../docs/database.md"
	documentBegin = "<!-- generated from the schema: begin -->\n"
	documentEnd   = "<!-- generated from the schema: end -->\n"
)

var updateDocument = flag.Bool("update", false, "write what docs/database.md shows of the schema anew")

// docs/database.md shows the schema as it is.
func TestTheDocumentationShowsTheSchema(t *testing.T) {
	t.Parallel()
	conn := server.Migrated(t).Superuser(t)
	var made strings.Builder
	writeDiagram(t, &made, conn)
	writeTables(t, &made, conn)
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(text), documentBegin)
	shown, after, ended := strings.Cut(rest, documentEnd)
	if !begun || !ended {
		t.Fatalf("%s lacks the marks of the generated part", document)
	}
	if shown == made.String() {
		return
	}
	if !*updateDocument {
		t.Fatalf("%s does not show the schema as it is: run go test ./functions/internal/schema -run Documentation -update", document)
	}
	if err := os.WriteFile(document, []byte(before+documentBegin+made.String()+documentEnd+after), 0o644); err != nil { //nolint:gosec // a public document
		t.Fatal(err)
	}
}

// writeDiagram draws the tables with their keys and references, without the reference of every tenant table to its
// organization. Source of the notation: https://mermaid.js.org/syntax/entityRelationshipDiagram.html
func writeDiagram(t *testing.T, w *strings.Builder, conn *pgx.Conn) {
	t.Helper()
	w.WriteString("```mermaid\nerDiagram\n")
	type reference struct{ Parent, Child, Name, Many string }
	for _, r := range collect[reference](t, conn, `SELECT c.confrelid::regclass::text AS parent, c.conrelid::regclass::text AS child,
			(SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY AS k (attnum, n)
				INNER JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum WHERE a.attname <> 'organization_id') AS name,
			CASE WHEN EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.conrelid AND i.indisunique AND i.indkey::smallint[] <@ c.conkey) THEN 'o|' ELSE 'o{' END AS many
		FROM pg_constraint AS c
		WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace AND c.conparentid = 0 AND c.confrelid <> 'organizations'::regclass
		ORDER BY 1, 2, 3`) {
		fmt.Fprintf(w, "    %s ||--%s %s : %q\n", r.Parent, r.Many, r.Child, r.Name)
	}
	type key struct{ Table, Name, Type, Marks string }
	last := ""
	for _, k := range collect[key](t, conn, `SELECT c.relname AS table, a.attname AS name, replace(format_type(a.atttypid, NULL), ' ', '_') AS type,
			concat_ws(', ',
				CASE WHEN EXISTS (SELECT FROM pg_constraint AS p WHERE p.conrelid = c.oid AND p.contype = 'p' AND a.attnum = ANY(p.conkey)) THEN 'PK' END,
				CASE WHEN EXISTS (SELECT FROM pg_constraint AS f WHERE f.conrelid = c.oid AND f.contype = 'f' AND a.attnum = ANY(f.conkey)) THEN 'FK' END) AS marks
		FROM pg_class AS c INNER JOIN pg_attribute AS a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'goose_db_version' AND a.attnum > 0
			AND EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype IN ('p', 'f') AND a.attnum = ANY(k.conkey))
		ORDER BY c.relname, a.attnum`) {
		if k.Table != last && last != "" {
			w.WriteString("    }\n")
		}
		if k.Table != last {
			fmt.Fprintf(w, "    %s {\n", k.Table)
		}
		fmt.Fprintf(w, "        %s %s %s\n", k.Type, k.Name, k.Marks)
		last = k.Table
	}
	w.WriteString("    }\n```\n\n")
}

// writeTables lists the tables: whose rows they hold and what the app role may do with them itself.
func writeTables(t *testing.T, w *strings.Builder, conn *pgx.Conn) {
	t.Helper()
	type table struct {
		Name, Whose, Rights string
		Columns             int
	}
	w.WriteString("| table | columns | whose rows | the app role itself may |\n|---|---|---|---|\n")
	for _, one := range collect[table](t, conn, `SELECT c.relname AS name,
			(SELECT count(*) FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)::integer AS columns,
			CASE
				WHEN NOT c.relrowsecurity THEN 'nobody''s: the same for all'
				WHEN EXISTS (SELECT FROM pg_policies AS p WHERE p.tablename = c.relname AND p.qual LIKE '%current_organization()%') THEN 'the organization''s'
				WHEN EXISTS (SELECT FROM pg_policies AS p WHERE p.tablename = c.relname AND p.qual LIKE '%current_person()%') THEN 'the person''s'
				ELSE 'behind functions'
			END AS whose,
			coalesce((SELECT string_agg(r.name, ', ' ORDER BY r.n) FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) WITH ORDINALITY AS r (name, n)
				WHERE has_table_privilege('`+migrations.AppRole+`', c.oid, r.name)
					OR (r.name <> 'DELETE' AND has_any_column_privilege('`+migrations.AppRole+`', c.oid, r.name))), 'nothing') AS rights
		FROM pg_class AS c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'goose_db_version'
		ORDER BY c.relname`) {
		fmt.Fprintf(w, "| `%s` | %d | %s | %s |\n", one.Name, one.Columns, one.Whose, one.Rights)
	}
}

func collect[T any](t *testing.T, conn *pgx.Conn, query string) []T {
	t.Helper()
	rows, err := conn.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[T])
	if err != nil {
		t.Fatal(err)
	}
	return list
}
