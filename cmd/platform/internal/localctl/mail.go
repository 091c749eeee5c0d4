package localctl

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/genericcorp/platform/internal/localcloud"
)

// ErrNoMail says that no mail of that number is kept.
//
//page:none what was typed names no mail of the local cloud; `platform local mail` shows them
var ErrNoMail = errors.New("no such mail is kept")

// Mails lists the mail that was sent on a running local cloud, the oldest first and without its parts.
func Mails(ctx context.Context, state localcloud.State) (list []localcloud.Mail, err error) {
	return list, readMail(ctx, state, "", &list)
}

// Mail reads one mail, whole.
func Mail(ctx context.Context, state localcloud.State, number int) (mail localcloud.Mail, err error) {
	return mail, readMail(ctx, state, "/"+strconv.Itoa(number), &mail)
}

func readMail(ctx context.Context, state localcloud.State, what string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, state.AWSEndpoint+localcloud.MailPath+what, http.NoBody)
	if err != nil {
		return err
	}
	err = ask(request, "mail", into)
	if refused := (*refusal)(nil); errors.As(err, &refused) && refused.status == http.StatusNotFound {
		return fmt.Errorf("%w: %s", ErrNoMail, strings.TrimPrefix(what, "/"))
	}
	return err
}
