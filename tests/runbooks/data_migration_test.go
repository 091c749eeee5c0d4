package runbooks

// emptied is the new tenant as it is before its tables are filled.
const emptied = `psql "$NEW" -qc 'drop table orders, customers'; structure pre-data`

var dataMigration = effect{
	seen: map[string][]observation{
		check: {
			{"all rows have come", `sql "$NEW_TENANT" "select (select count(*) from customers), (select count(*) from orders)"`, "100|1000"},
			{"the next order gets the next number", `sql "$NEW_TENANT" "begin; insert into orders (customer) values (1) returning id; rollback"`, "1001"},
			{"an order of nobody is refused", `denied sql "$NEW_TENANT" "insert into orders (customer) values (0)" | grep -o 'violates foreign key constraint'`, "violates foreign key constraint"},
			{"all requests go to the new system", `weights | sort | xargs`, "new 100 old 0"},
			{"the tenant has what was bought", `tenant_of "$NEW_TENANT" tier`, "starter"},
			{"the old system has all that it had", `psql "$OLD" -Atc 'select (select count(*) from customers), (select count(*) from orders)'`, "100|1000"},
		},
		undo: {
			{"all requests go to the old system", `weights | sort | xargs`, "new 0 old 100"},
			{"the new tenant is gone", `exists "$NEW_TENANT"`, "false"},
			{"the file has the record of before", `jq -r '.ResourceRecords[0].Value' "$TODAY"`, "shop.old-host.example"},
		},
	},
	spared: map[string]string{
		`{Action: "DELETE"`: "no request moves yet, and step 5 sets both records again",
	},
	harms: []harm{
		{
			name: "a table is left out",
			step: "structure pre-data", instead: `structure pre-data; psql "$NEW" -qc 'drop table orders'`,
			refused: `relation "orders" does not exist`, repair: withoutCopy,
		},
		{
			name: "a table stays empty",
			step: "copy (select * from public.$T) to stdout", instead: "copy (select * from public.$T where '$T' <> 'orders') to stdout",
			refused: "< orders 1000", repair: emptied,
		},
		{
			name: "the sequences begin anew",
			step: "from pg_sequences where schemaname = 'public'", instead: "from pg_sequences where schemaname = 'nobody'", repair: emptied,
		},
		{
			name: "indexes and foreign keys are left out",
			step: "structure post-data", instead: "true",
		},
		{
			name: "half of the requests stay",
			step: "weigh 100", instead: "true",
		},
		{
			name: "it keeps the tier of the loading",
			step: `platform tenant tier "$NEW_TENANT" starter`, instead: `platform tenant tier "$NEW_TENANT" enterprise`,
		},
	},
}
