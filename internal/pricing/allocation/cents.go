package allocation

// microsOfCent is how many millionths of a dollar a cent is.
const microsOfCent = 10_000

// Cents rounds an amount half up to whole cents; it is 0 or more.
func (m Micros) Cents() int64 { return (int64(m) + microsOfCent/2) / microsOfCent }

// Cents are the costs and the prices of all rows and, last, of the whole, rounded so that those of the rows add up to the whole. A row
// without a price has 0.
func (t Table) Cents() (costs, prices []int64) {
	costOf, priceOf := make([]Micros, len(t.Rows)), make([]Micros, len(t.Rows))
	for i, row := range t.Rows {
		costOf[i] = row.Cost
		if row.Price != nil {
			priceOf[i] = *row.Price
		}
	}
	whole, paid := t.Whole.Cost.Cents(), t.Whole.Price.Cents()
	return append(Apportion(whole, costOf), whole), append(Apportion(paid, priceOf), paid)
}
