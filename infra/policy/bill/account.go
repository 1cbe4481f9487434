package bill

import "math"

// account collects what the resources of one environment use.
type account struct {
	quantities map[string]float64
	resources  map[string][]string
}

func newAccount() *account {
	return &account{quantities: map[string]float64{}, resources: map[string][]string{}}
}

// charge adds what a resource uses of an item.
func (a *account) charge(key string, quantity float64, resource string) {
	a.quantities[key] += quantity
	a.resources[key] = append(a.resources[key], resource)
}

// once charges what all resources of a kind use together; where they disagree, the most.
func (a *account) once(key string, quantity float64, resource string) {
	a.resources[key] = append(a.resources[key], resource)
	a.quantities[key] = max(a.quantities[key], quantity)
}

// lines prices what was collected, in the order of the table, with the free quantities taken off.
func (a *account) lines(table PriceTable, region string) ([]Line, error) {
	for key := range a.quantities {
		if _, err := table.item(key); err != nil {
			return nil, err
		}
	}
	left := map[string]float64{}
	for _, allowance := range table.AlwaysFree {
		left[allowance.Name] = allowance.Quantity
	}
	var lines []Line
	for _, item := range table.Items {
		quantity := a.quantities[item.Key]
		if quantity == 0 {
			continue
		}
		price, err := item.in(region)
		if err != nil {
			return nil, err
		}
		free := min(quantity, left[item.Free])
		left[item.Free] -= free
		lines = append(lines, Line{
			Key: item.Key, Name: item.Line, Unit: item.Unit, Quantity: quantity, Free: free,
			Price: price.Price, Per: item.per(), Unconfirmed: price.Evidence == "",
			Cents: cents((quantity - free) * price.Price / item.per()), Resources: a.resources[item.Key],
		})
	}
	return lines, nil
}

// cents rounds an amount of USD up to the cent, so that a printed total is the sum of what is printed and never below
// the exact one. A millionth of a cent is the error of the computation and not an amount.
func cents(usd float64) int {
	return int(math.Ceil(usd*100 - 1e-6))
}
