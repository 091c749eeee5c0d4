package local

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/internal/localcloud"
)

// mailOptions are what the commands about mail are asked.
type mailOptions struct {
	options

	number int
	html   cmdutil.Page
}

func newMail(f *cmdutil.Factory, run cmdutil.Run[mailOptions]) *cobra.Command {
	o := &mailOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:   "mail",
		Short: "List the mail that was sent on the local cloud",
		Long: `List the mail that Amazon SES took on the local cloud, the newest first. It is kept there, the newest thousand, and
delivered to nobody. "platform local mail show" reads one.`,
		Example: "  platform local mail\n  platform local mail show 3 --html report.html",
		Args:    cmdutil.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return run.Or(listMail)(cmd.Context(), o) },
	}
	o.addFlags(cmd)
	cmd.AddCommand(newMailShow(f, run))
	return cmd
}

func newMailShow(f *cmdutil.Factory, run cmdutil.Run[mailOptions]) *cobra.Command {
	o := &mailOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:     "show <number>",
		Short:   "Show one mail",
		Long:    "Show the header and the text of a mail by its number, or write its page.",
		Example: "  platform local mail show 3\n  platform local mail show 3 --html -",
		Args:    cmdutil.Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := o.html.Check(cmd); err != nil {
				return err
			}
			if o.number, err = strconv.Atoi(args[0]); err != nil || o.number < 1 {
				return exit.Usagef("number: got %q, expected that of a mail, such as 1", args[0])
			}
			return run.Or(showMail)(cmd.Context(), o)
		},
		ValidArgsFunction: o.completeMail,
	}
	o.addFlags(cmd)
	o.html.AddFlag(cmd, "its page")
	return cmd
}

// running is the state of the local cloud that is asked about.
func (o *mailOptions) running(ctx context.Context) (localcloud.State, error) {
	cloud, err := o.Cloud(o.Factory)
	if err != nil {
		return localcloud.State{}, err
	}
	return cloud.Running(ctx)
}

// mails are those that are kept, the newest first.
func (o *mailOptions) mails(ctx context.Context) ([]localcloud.Mail, error) {
	state, err := o.running(ctx)
	if err != nil {
		return nil, err
	}
	list, err := localctl.Mails(ctx, state)
	slices.Reverse(list)
	return list, err
}

func listMail(ctx context.Context, o *mailOptions) error {
	list, err := o.mails(ctx)
	if err != nil {
		return err
	}
	return o.Answer(o.json, list, func() string { return mailsText(list) })
}

func mailsText(list []localcloud.Mail) string {
	if len(list) == 0 {
		return "no mail was sent"
	}
	table := render.NewTable("NUMBER", "WHEN", "FROM", "TO", "SUBJECT", "OUTCOME")
	for _, m := range list {
		table.AppendRow(render.Row{m.Number, m.At.Format(time.RFC3339), m.From, strings.Join(m.To, ", "), m.Subject, m.Outcome})
	}
	return table.Render()
}

func showMail(ctx context.Context, o *mailOptions) error {
	state, err := o.running(ctx)
	if err != nil {
		return err
	}
	mail, err := localctl.Mail(ctx, state, o.number)
	if err != nil {
		return err
	}
	return o.write(mail)
}

// write writes a mail in the form that was asked for.
func (o *mailOptions) write(mail localcloud.Mail) error {
	page := func() (string, error) {
		if mail.HTML == "" {
			return "", exit.Usagef("--html: mail %d has no page, only a text", mail.Number)
		}
		return mail.HTML, nil
	}
	return o.AnswerPage(o.html, page, o.json, mail, func() string { return mailText(mail) })
}

func mailText(m localcloud.Mail) string {
	text := m.Text
	if text == "" {
		text = "(It has no text; --html writes its page.)"
	}
	return strings.Join([]string{
		"From:    " + m.From, "To:      " + strings.Join(m.To, ", "), "Subject: " + m.Subject, "Date:    " + m.At.Format(time.RFC1123Z), "Outcome: " + m.Outcome, "", text,
	}, "\n")
}

// completeMail completes the number of a mail. A local cloud that does not answer completes nothing.
func (o *mailOptions) completeMail(cmd *cobra.Command, args []string, _ string) (numbers []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), 10*time.Second)
	defer cancel()
	list, err := o.mails(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, m := range list {
		numbers = append(numbers, strconv.Itoa(m.Number)+"\t"+m.Subject)
	}
	return numbers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}
