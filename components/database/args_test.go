package database_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/database"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	aKey       = "expected the ARN of a KMS key"
	aClass     = `expected an RDS instance class such as "db.r7g.large"`
	aVersion   = "expected 17 or 18"
	aLimit     = "expected a tenth more than storageGiB or above, up to 65536"
	aName      = "expected a lower-case letter, then up to 62 lower-case letters, digits or underscores"
	anAdmin    = "expected a lower-case name that nobody would guess first and that PostgreSQL and RDS do not reserve"
	aPort      = "expected 1150 to 65535, the ports that RDS takes"
	aKept      = "expected 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653"
	aReference = "subnetIds: got <nil>, expected subnets in two zones at least\n" +
		"securityGroupId: got <nil>, expected the id of a security group\n" +
		"keyArn: got <nil>, " + aKey + "\n" +
		"masterSecretKeyArn: got <nil>, " + aKey + "\n" +
		"logKeyArn: got <nil>, " + aKey + "\n" +
		"alarmTopicArn: got <nil>, expected the ARN of an SNS topic"
)

func TestBadArgs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*database.DatabaseArgs)
		message string // lines, each without the component's name
	}{
		"everything": {
			func(a *database.DatabaseArgs) {
				*a = database.DatabaseArgs{
					EngineVersion: "13.4", InstanceClass: "big", StorageGiB: 10, MaxStorageGiB: 10, BackupRetentionDays: 36,
					LogRetentionDays: 2, DatabaseName: "My DB", AdminName: "postgres", Port: 80,
				}
			},
			`engineVersion: got "13.4", ` + aVersion + "\n" +
				`instanceClass: got "big", ` + aClass + "\n" +
				"storageGiB: got 10, expected 20 to 65536\n" +
				"backupRetentionDays: got 36, expected 1 to 35\n" +
				"logRetentionDays: got 2, " + aKept + "\n" +
				"port: got 80, " + aPort + "\n" +
				`databaseName: got "My DB", ` + aName + "\n" +
				`adminName: got "postgres", ` + anAdmin + "\n" + aReference,
		},
		"nothing":       {func(a *database.DatabaseArgs) { *a = database.DatabaseArgs{} }, `instanceClass: got "", ` + aClass + "\n" + aReference},
		"future engine": {func(a *database.DatabaseArgs) { a.EngineVersion = "19" }, `engineVersion: got "19", ` + aVersion},
		"a minor":       {func(a *database.DatabaseArgs) { a.EngineVersion = "17.6" }, `engineVersion: got "17.6", ` + aVersion},
		"limit too near": {
			func(a *database.DatabaseArgs) { a.StorageGiB, a.MaxStorageGiB = 100, 109 },
			"maxStorageGiB: got 109, " + aLimit,
		},
		"no backups":     {func(a *database.DatabaseArgs) { a.BackupRetentionDays = -1 }, "backupRetentionDays: got -1, expected 1 to 35"},
		"reserved admin": {func(a *database.DatabaseArgs) { a.AdminName = "pg_boss" }, `adminName: got "pg_boss", ` + anAdmin},
		"no topic":       {func(a *database.DatabaseArgs) { a.AlarmTopicARN = nil }, "alarmTopicArn: got <nil>, expected the ARN of an SNS topic"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := good()
			c.change(args)
			requireRefused(t, "main", args, c.message)
		})
	}
}

func TestNameMustMakeAnIdentifier(t *testing.T) {
	t.Parallel()
	const expected = "expected project, stack and name to make an RDS identifier: lower-case letters, digits and single hyphens"
	for _, name := range []string{"Main", "main--two", "main-", "main_two", "main.two"} {
		requireRefused(t, name, good(), `name: got "platform-test-`+name+`", `+expected)
	}
}

// requireRefused checks the whole message, and that nothing was made.
func requireRefused(t *testing.T, name string, args *database.DatabaseArgs, message string) {
	t.Helper()
	prefix := `database "` + name + `": `
	r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := database.NewDatabase(ctx, name, args)
		require.EqualError(t, err, prefix+strings.ReplaceAll(message, "\n", "\n"+prefix))
		return err
	})
	require.Error(t, err)
	require.Empty(t, r.OfType(instanceType))
}
