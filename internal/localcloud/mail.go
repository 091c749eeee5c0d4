package localcloud

import "time"

// MailPath is where the gateway shows the mail that was sent, below the AWS API's address. GET responds with a list of Mail without
// their parts; GET of MailPath/<number> with one, whole; and GET of MailPath/verify/<token>, which stands in the mail that asks for it,
// verifies an address.
const MailPath = "/_localcloud/mail"

// Mail is a mail that was sent. The local cloud keeps it, and delivers it to nobody.
type Mail struct {
	Number  int       `json:"number"` // from 1
	At      time.Time `json:"at"`
	ID      string    `json:"id"` // as Amazon SES names it
	From    string    `json:"from"`
	To      []string  `json:"to"` // everybody, also those who are hidden from others
	Subject string    `json:"subject"`
	// Outcome is "delivered", "bounced" or "complained", as the addresses of the mailbox simulator have it.
	Outcome string `json:"outcome"`
	Text    string `json:"text,omitempty"`
	HTML    string `json:"html,omitempty"`
}
