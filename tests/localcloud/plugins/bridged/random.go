package bridged

// Random is pulumi-random 4.21.
var Random = Package{
	Name:             "random",
	Version:          "4.21.1",
	ProviderVariable: "LOCALCLOUD_TERRAFORM_PROVIDER_RANDOM",
	Resources: []Mapping{
		{Token: "random:index/randomBytes:RandomBytes", Terraform: "random_bytes"},
		{Token: "random:index/randomId:RandomId", Terraform: "random_id"},
		{Token: "random:index/randomInteger:RandomInteger", Terraform: "random_integer"},
		{Token: "random:index/randomPassword:RandomPassword", Terraform: "random_password"},
		{Token: "random:index/randomPet:RandomPet", Terraform: "random_pet"},
		{Token: "random:index/randomShuffle:RandomShuffle", Terraform: "random_shuffle"},
		{Token: "random:index/randomString:RandomString", Terraform: "random_string"},
		{Token: "random:index/randomUuid:RandomUuid", Terraform: "random_uuid"},
	},
}
