package stripefake

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/genericcorp/platform/internal/localcloud"
)

// Control serves what is at localcloud.StripeControlPath, without that.
func (s *Server) Control() http.Handler {
	routes := http.NewServeMux()
	show := func(out http.ResponseWriter) { write(out, http.StatusOK, s.show()) }
	routes.HandleFunc("GET /{$}", func(out http.ResponseWriter, _ *http.Request) { show(out) })
	routes.HandleFunc("POST /hold", func(out http.ResponseWriter, _ *http.Request) { s.Hold(); show(out) })
	routes.HandleFunc("POST /release", func(out http.ResponseWriter, _ *http.Request) { s.Release(); show(out) })
	routes.HandleFunc("POST /clock", func(out http.ResponseWriter, r *http.Request) {
		hours, err := strconv.Atoi(r.FormValue("hours"))
		if err != nil || hours < 0 {
			http.Error(out, "hours: got "+strconv.Quote(r.FormValue("hours"))+", expected 0 or more", http.StatusBadRequest)
			return
		}
		s.setBack(time.Duration(hours) * time.Hour)
		show(out)
	})
	routes.HandleFunc("POST /invoices/{id}", func(out http.ResponseWriter, r *http.Request) {
		days, err := strconv.Atoi(cmp.Or(r.FormValue("days"), "0"))
		if err == nil {
			err = s.Happen(r.PathValue("id"), r.FormValue("happens"), days)
		}
		if err != nil {
			http.Error(out, err.Error(), http.StatusBadRequest)
			return
		}
		show(out)
	})
	return routes
}

// show tells what there is.
func (s *Server) show() localcloud.Stripe {
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := localcloud.Stripe{Invoices: []localcloud.StripeInvoice{}, Deliveries: []localcloud.StripeDelivery{}, Held: s.held}
	for _, o := range s.objects {
		if o.kind == "invoice" {
			shown.Invoices = append(shown.Invoices, s.showInvoice(o.fields))
		}
	}
	for _, d := range s.deliveries {
		shown.Deliveries = append(shown.Deliveries, localcloud.StripeDelivery{Event: d.id, Kind: d.kind, Invoice: d.invoice, Attempts: d.attempts, Answer: d.answer, State: d.state})
	}
	return shown
}

func (s *Server) showInvoice(f fields) localcloud.StripeInvoice {
	var read struct {
		ID           string `json:"id"`
		Customer     string `json:"customer"`
		AmountDue    int64  `json:"amount_due"`
		DueDate      int64  `json:"due_date"`
		Status       string `json:"status"`
		AttemptCount int    `json:"attempt_count"`
	}
	text, _ := json.Marshal(f)      // fields can always be written
	_ = json.Unmarshal(text, &read) // and read
	invoice := localcloud.StripeInvoice{ID: read.ID, Cents: read.AmountDue, Due: time.Unix(read.DueDate, 0).UTC(), Status: read.Status, Attempts: read.AttemptCount}
	if customer := s.find("customer", read.Customer); customer != nil {
		kept, _ := customer.fields["metadata"].(map[string]string) // always made so
		invoice.Tenant = kept["platform_tenant"]
	}
	return invoice
}
