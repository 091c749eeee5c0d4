package tenancy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/genericcorp/platform/services/provisioner/internal/database"
)

// explain adds what to do to the failures that have nothing to do with the request.
func explain(err error) error {
	var unreachable *net.OpError
	switch {
	case database.Code(err) == database.CodeInvalidPassword:
		//page:provisioner-trouble
		return fmt.Errorf("%w: the database refuses its administrator's password; AWS may be rotating it: try again in a minute, then see that MASTER_SECRET_ARN names the secret that RDS manages", err)
	case database.Code(err) == database.CodeOutOfMemory:
		//page:provisioner-trouble
		return fmt.Errorf("%w: a session has filled the server's table of locks, and this run had none open from before to end it: run sweep until it succeeds, or reboot the database", err)
	case database.Code(err) == database.CodeLockNotAvailable:
		//page:provisioner-trouble
		return fmt.Errorf("%w: another session holds what this change needs: try again when it has ended", err)
	case database.Code(err) == database.CodeInsufficientPrivilege:
		//page:provisioner-trouble
		return fmt.Errorf("%w: the administrator lacks a permission on what somebody else created or took over: give it back to the administrator, then try again", err)
	case strings.HasPrefix(database.Code(err), database.ClassIntervention):
		//page:database-failover
		return fmt.Errorf("%w: the database is stopping, starting or failing over: try again in a minute", err)
	case errors.As(err, &unreachable):
		//page:database-failover
		return fmt.Errorf("%w: the database cannot be reached: see that it runs and that its security group lets the provisioner in, then try again", err)
	case errors.Is(err, context.DeadlineExceeded):
		//page:provisioner-trouble
		return fmt.Errorf("%w: nothing of it was kept: try again", err)
	}
	return err
}

// join is errors.Join on one line.
func join(errs ...error) error {
	var all joined
	for _, err := range errs {
		if err != nil {
			all = append(all, err)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

type joined []error

func (j joined) Error() string {
	texts := make([]string, len(j))
	for i, err := range j {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

func (j joined) Unwrap() []error { return j }
