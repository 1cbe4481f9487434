// Package phases holds the tests that see the product only from outside: over HTTP, SQL and templates.
package phases
