package bridged

// Random is pulumi-random 4.21.
var Random = Package{
	Name:             "random",
	Version:          "4.21.1",
	ProviderVariable: "LOCALCLOUD_TERRAFORM_PROVIDER_RANDOM",
	Resources: []Mapping{
		{Pulumi: "random:index/randomBytes:RandomBytes", Terraform: "random_bytes"},
		{Pulumi: "random:index/randomId:RandomId", Terraform: "random_id"},
		{Pulumi: "random:index/randomInteger:RandomInteger", Terraform: "random_integer"},
		{Pulumi: "random:index/randomPassword:RandomPassword", Terraform: "random_password"},
		{Pulumi: "random:index/randomPet:RandomPet", Terraform: "random_pet"},
		{Pulumi: "random:index/randomShuffle:RandomShuffle", Terraform: "random_shuffle"},
		{Pulumi: "random:index/randomString:RandomString", Terraform: "random_string"},
		{Pulumi: "random:index/randomUuid:RandomUuid", Terraform: "random_uuid"},
	},
}
