package tenancy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// priceSheetTable is created by harden. Each row is what the environment cost at a deployment; the last one holds.
const priceSheetTable = `CREATE TABLE IF NOT EXISTS platform.price_sheet (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	published timestamptz NOT NULL DEFAULT now(),
	sheet jsonb NOT NULL
)`

// sheetsOf are the sheets that have held since the month began, the earliest first: the one of before, and those that came since.
func (p *Provisioner) sheetsOf(ctx context.Context, month time.Time) ([]pricesheet.Sheet, error) {
	rows, err := p.Admin.Query(ctx, `SELECT sheet FROM platform.price_sheet
		WHERE id >= coalesce((SELECT max(id) FROM platform.price_sheet WHERE (sheet->>'computed')::timestamptz <= $1), 0) ORDER BY id`, month)
	if err != nil {
		return nil, fmt.Errorf("read what the environment costs: %w", err)
	}
	sheets, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (sheet pricesheet.Sheet, err error) {
		var text []byte
		if err = row.Scan(&text); err == nil {
			err = json.Unmarshal(text, &sheet)
		}
		return sheet, err
	})
	if err != nil {
		return nil, fmt.Errorf("read what the environment costs: %w", err)
	}
	return sheets, nil
}

// publishPrices adds a sheet. One that was computed before the last one is refused: a deployment that was slow to publish must not undo a
// later one's.
func (p *Provisioner) publishPrices(ctx context.Context, sheet pricesheet.Sheet) (api.Response, error) {
	if sheet.Environment != p.Environment {
		//page:none what was typed is wrong, and the message says what is right
		return api.Response{}, fmt.Errorf("prices.environment: got %q, expected %q", sheet.Environment, p.Environment)
	}
	text, err := json.Marshal(sheet)
	if err != nil {
		return api.Response{}, fmt.Errorf("write what the environment costs: %w", err)
	}
	tag, err := p.Admin.Exec(ctx, `INSERT INTO platform.price_sheet (sheet) SELECT $1::jsonb
		WHERE coalesce($2 >= (SELECT (sheet->>'computed')::timestamptz FROM platform.price_sheet ORDER BY id DESC LIMIT 1), true)
			AND $2 <= now() + interval '10 minutes'`, string(text), sheet.Computed)
	if err != nil {
		return api.Response{}, fmt.Errorf("publish what the environment costs: %w", err)
	}
	if tag.RowsAffected() == 0 {
		//page:none what was typed is wrong, and the message says what is right
		return api.Response{}, fmt.Errorf("prices.computed: got %s, expected a time that is not before that of the prices that hold, and not to come", sheet.Computed.UTC())
	}
	return api.Response{}, nil
}

// prices tells the sheet that holds, if there is one, or those that held in the month since a time.
func (p *Provisioner) prices(ctx context.Context, since time.Time) (response api.Response, err error) {
	if !since.IsZero() {
		held, err := p.sheetsOf(ctx, since)
		of, end := min(1, len(held)), since.AddDate(0, 1, 0) // the first one holds for the time before it, too
		for of < len(held) && held[of].Computed.Before(end) {
			of++
		}
		return api.Response{Held: held[:of]}, err
	}
	var text []byte
	err = p.Admin.QueryRow(ctx, `SELECT sheet FROM platform.price_sheet ORDER BY id DESC LIMIT 1`).Scan(&text)
	if errors.Is(err, pgx.ErrNoRows) {
		return response, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &response.Prices)
	}
	if err != nil {
		return api.Response{}, fmt.Errorf("read what the environment costs: %w", err)
	}
	return response, nil
}
