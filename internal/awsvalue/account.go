package awsvalue

import (
	"regexp"
	"strings"
)

// AccountID is the number of an AWS account, as text because it may begin with a zero.
var AccountID = pattern("the 12 digits of an AWS account", `^[0-9]{12}$`)

// Region is an AWS region of the partition "aws".
var Region = pattern(`a region such as "us-east-1"`, `^[a-z]{2}-[a-z]+-[1-9]$`)

var zoneLetter = regexp.MustCompile(`^[a-f]$`)

// ZoneOf is an availability zone of a region; local zones are none.
func ZoneOf(region string) Rule {
	return Rule{
		expected: "a zone of " + region,
		valid: func(zone string) bool {
			letter, ok := strings.CutPrefix(zone, region)
			return ok && zoneLetter.MatchString(letter)
		},
	}
}

// RoleName is the name of an IAM role.
var RoleName = pattern("the name of an IAM role, not its ARN", `^[\w+=,.@-]{1,64}$`)

// RoleARN is the ARN of an IAM role, with a path or without.
var RoleARN = pattern("the ARN of an IAM role", `^arn:aws:iam::[0-9]{12}:role/([\w+=,.@-]+/)*[\w+=,.@-]{1,64}$`)

// RoleARNOf is the ARN of a role of one account.
func RoleARNOf(account string) Rule {
	return Rule{
		expected: "a role of the account " + account,
		valid: func(arn string) bool {
			return RoleARN.Valid(arn) && strings.HasPrefix(arn, "arn:aws:iam::"+account+":")
		},
	}
}

// AnomalyMonitorARN is the ARN of a monitor of Cost Anomaly Detection.
var AnomalyMonitorARN = pattern("the ARN of a cost anomaly monitor", `^arn:aws:ce::[0-9]{12}:anomalymonitor/[0-9a-f-]+$`)

// Repository is a repository on GitHub.
var Repository = pattern(`"owner/name" as GitHub spells it`, `^[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}$`)

// ConnectionARN is the ARN of a connection of AWS CodeConnections. Older ones carry the service's former name.
var ConnectionARN = pattern("the ARN of a connection of AWS CodeConnections",
	`^arn:aws:(codeconnections|codestar-connections):[a-z0-9-]+:[0-9]{12}:connection/[0-9a-f-]{36}$`)

// ConnectionARNOf is the ARN of a connection of one region and account.
func ConnectionARNOf(region, account string) Rule {
	return Rule{
		expected: "a connection of the account " + account + " in " + region,
		valid: func(arn string) bool {
			return ConnectionARN.Valid(arn) && strings.Contains(arn, ":"+region+":"+account+":")
		},
	}
}

// SecretARN is the ARN of a secret, with the six characters that AWS adds to its name.
var SecretARN = pattern("the ARN of a secret", `^arn:aws:secretsmanager:[a-z]{2}-[a-z]+-[1-9]:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]{1,512}-[A-Za-z0-9]{6}$`)

// SecretARNOf is the ARN of a secret of one region and account, with the six characters that AWS adds to its name.
func SecretARNOf(region, account string) Rule {
	return Rule{
		expected: "the ARN of a secret of the account " + account + " in " + region,
		valid: func(arn string) bool {
			name, ok := strings.CutPrefix(arn, "arn:aws:secretsmanager:"+region+":"+account+":secret:")
			return ok && secretName6.MatchString(name)
		},
	}
}

// secretName6 is https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html, "Name", with the six characters.
var secretName6 = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,512}-[A-Za-z0-9]{6}$`)

// TagValue is what every AWS service takes as the value of a tag, without blanks at its ends.
var TagValue = pattern("1 to 128 letters, digits, spaces and any of _ . : / = + - @",
	`^[A-Za-z0-9_.:/=+@-]([A-Za-z0-9 _.:/=+@-]{0,126}[A-Za-z0-9_.:/=+@-])?$`)
