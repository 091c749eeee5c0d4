package deploy

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/cmd/platform/internal/cost"
)

// costChange is what a preview says of money.
type costChange struct {
	Before  decimal.Decimal `json:"before"` // US dollars a month
	After   decimal.Decimal `json:"after"`
	Delta   decimal.Decimal `json:"delta"`
	Limit   decimal.Decimal `json:"limit"`
	Verdict cost.Verdict    `json:"verdict"`
}

// priceOf prices the steps of a preview. A cost that cannot be told is no reason to fail one: the policy pack refuses
// what must not be deployed.
func priceOf(s *steps, settings string) *costChange {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil
	}
	document, err := cost.Read(raw)
	if err != nil || len(document.After) == 0 {
		return nil
	}
	now := time.Now().UTC()
	terms, err := document.Terms(settings, "", now)
	if err != nil {
		return nil
	}
	statement := cost.State(document, terms, now)
	return &costChange{statement.Change.Before, statement.Change.After, statement.Change.Delta, statement.Limit, statement.Verdict}
}

// text is one line for a person.
func (c *costChange) text() string {
	sign := ""
	if c.Delta.IsPositive() {
		sign = "+"
	}
	return fmt.Sprintf("cost: USD %s a month, now %s (%s%s). %s", c.After.StringFixed(2), c.Before.StringFixed(2), sign, c.Delta.StringFixed(2), c.Verdict.Text)
}
