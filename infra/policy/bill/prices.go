package bill

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
)

//go:embed prices.json
var pricesJSON []byte

// PriceTable holds what AWS charges, as prices.json says it.
type PriceTable struct {
	// AlwaysFree are the quantities that an account never pays for, in every month. Those of an account's first twelve
	// months are not among them.
	AlwaysFree []Allowance
	// Items are in the order of the printed bill.
	Items []Item
}

// Allowance is a quantity that is free each month. Items that name it share it.
type Allowance struct {
	Name     string
	Quantity float64
	// Source is the AWS page that grants it, Checked the day on which it was looked up.
	Source, Checked string
}

// Item is something that AWS charges for.
type Item struct {
	// Key is what the rules call it.
	Key string
	// Line is its name in a printed bill.
	Line string
	// Unit is what is counted, in the plural, such as hours or GB-months.
	Unit string
	// Per is how many units the price buys; 0 means 1.
	Per float64
	// Source is the AWS page that publishes the price, Checked the day on which it was looked up.
	Source, Checked string
	// Free names the allowance that comes off first; empty for none.
	Free string
	// USD is the price by region.
	USD map[string]Price
}

// Price is a price in one region.
type Price struct {
	Price float64
	// Evidence is where the figure was read besides general knowledge; without it the bill marks the line.
	Evidence string
}

// Prices reads the price table.
var Prices = sync.OnceValues(func() (PriceTable, error) {
	var table PriceTable
	decoder := json.NewDecoder(bytes.NewReader(pricesJSON))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&table); err != nil {
		return PriceTable{}, fmt.Errorf("decode prices.json: %w", err)
	}
	return table, nil
})

// item finds an item by its key.
func (t PriceTable) item(key string) (Item, error) {
	for _, item := range t.Items {
		if item.Key == key {
			return item, nil
		}
	}
	return Item{}, fmt.Errorf("no price of %s: look it up at https://aws.amazon.com/pricing/ and add it to infra/policy/bill/prices.json", key)
}

// in is the item's price in a region.
func (i Item) in(region string) (Price, error) {
	price, ok := i.USD[region]
	if !ok {
		return Price{}, fmt.Errorf("no price of %s in %s: look it up at %s and add it to infra/policy/bill/prices.json", i.Key, region, i.Source)
	}
	return price, nil
}

// per is how many units the price buys.
func (i Item) per() float64 {
	if i.Per == 0 {
		return 1
	}
	return i.Per
}
