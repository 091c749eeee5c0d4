package report

import (
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/cost"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/internal/report"
	reportapi "github.com/genericcorp/platform/services/report/api"
)

const dayLength = 24 * time.Hour

// factsOf are what the database knows, at the prices of the environment as it is deployed now.
func factsOf(known reportapi.Known, p environment.Priced, now time.Time) (report.Facts, error) {
	sheet, err := cost.Sheet(p.Document, p.Terms, p.OwnUSD, now)
	if err != nil {
		return report.Facts{}, err
	}
	return known.Facts(p.Document.Stack, &sheet, now)
}
