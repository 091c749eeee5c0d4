package provisioner

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// permissions are exactly what the provisioner does.
func (b *builder) permissions() []policydoc.Statement {
	account := b.args.Region + ":" + b.args.AccountID
	tenants := pulumi.String("arn:aws:secretsmanager:" + account + ":secret:" + slug.SecretName(b.args.Environment, "*"))
	services := pulumi.String("arn:aws:secretsmanager:" + account + ":secret:" + api.ServiceSecretName(b.args.Environment, "*"))
	archives := "archives/" + b.args.Environment + "/*"
	bucket := pulumi.Sprintf("arn:aws:s3:::%s", b.parent.ArchiveBucket)
	return []policydoc.Statement{
		{
			Sid: "ReadAdministrator", Actions: []string{"secretsmanager:GetSecretValue"},
			Resources: []pulumi.StringInput{b.args.MasterSecretARN},
		},
		{
			Sid: "KeepConnections", Actions: []string{"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"},
			Resources: []pulumi.StringInput{tenants, services},
		},
		{
			Sid: "KeepArchives", Actions: []string{"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"},
			Resources: []pulumi.StringInput{pulumi.Sprintf("%s/%s", bucket, archives)},
		},
		{
			// Its own bucket, and the whole of it: S3 answers a request for a missing object with 404 only to who may list the bucket,
			// and with AccessDenied to everybody else (Amazon S3 API Reference, GetObject). Such a request carries no s3:prefix.
			Sid: "ListArchives", Actions: []string{"s3:ListBucket"}, Resources: []pulumi.StringInput{bucket},
		},
		b.useKey("UseSecretsKey", b.args.SecretsKeyARN, "secretsmanager"),
		b.useKey("UseStorageKey", b.args.StorageKeyARN, "s3"),
		{Sid: "TellPeople", Actions: []string{"sns:Publish"}, Resources: []pulumi.StringInput{b.args.AlarmTopicARN}},
		b.useKey("UseNotificationsKey", b.args.NotificationsKeyARN, "sns"),
	}
}

// useKey lets the function use a key through one service.
func (b *builder) useKey(sid string, key pulumi.StringInput, service string) policydoc.Statement {
	return policydoc.Statement{
		Sid: sid, Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Resources: []pulumi.StringInput{key},
		Conditions: policydoc.Conditions{"StringEquals": {"kms:ViaService": {pulumi.String(service + "." + b.args.Region + ".amazonaws.com")}}},
	}
}
