package runbooks

var nodePatching = effect{
	seen: map[string][]observation{
		"Before you start": {
			{"one group is old", `for G in $(groups); do release "$G" releaseVersion; done | grep -c "$OLD_RELEASE"`, "1"},
		},
		check: {
			{"all groups have the recommended release", `for G in $(groups); do [ "$(release "$G" releaseVersion)" = "$RECOMMENDED" ] || echo "$G"; done`, ""},
		},
	},
	harms: []harm{
		{
			name: "the group of the tenants is left out",
			step: "aws eks update-nodegroup-version", instead: "[[ $GROUP == cluster-tenants* ]] || aws eks update-nodegroup-version",
		},
		{
			name: "another release is taken",
			step: `--release-version "$RECOMMENDED"`, instead: `--release-version "$OLD_RELEASE"`,
		},
	},
}
