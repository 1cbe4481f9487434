package society

const (
	// DefaultPage is how many items a page holds when nothing was asked for.
	DefaultPage = 20
	// MaxPage is how many items a page can hold.
	MaxPage = 100
)

// PageRequest asks for one page of a list.
type PageRequest struct {
	// Limit is how many items to give at most, 1 to MaxPage.
	Limit int
	// Cursor is the Next of the page before; empty for the first page.
	Cursor string
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T
	// Next is the cursor of the next page; empty on the last.
	Next string
}
