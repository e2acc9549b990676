#!/bin/bash
# Backup copies in the catalogue: which are there, expired, overdue, gone.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

UUID=4211aaaa-0000-4000-8000-00000000000a

listed() {
	printf 'code,name,service_codes\nCITY-A,例示市,SV-1\n' >"$CASE/tenants.csv"
	printf 'key,place,vm_uuid,created_utc,expires_utc,gone_utc\n%s\n%s\n%s\n%s\n' \
		"n:$UUID/1,棚,$UUID,2020-01-01T14:00:00Z,2020-01-08T14:00:00Z," \
		"n:$UUID/2,棚,$UUID,2020-01-02T14:00:00Z,2020-01-09T14:00:00Z,2020-01-09T15:00:00Z" \
		"n:$UUID/3,棚,$UUID,2020-01-03T14:00:00Z,9998-01-01T00:00:00Z," \
		"n:$UUID/4,棚,$UUID,2020-01-04T14:00:00Z,," >"$CASE/generations.csv"
	run_haiki inventory import "$CASE"/{tenants,generations}.csv
	assert_exit 0
	run_haiki inventory list generations --json
	assert_exit 0
	assert_json '[.generations[] | "\(.state) \(.overdue) \(.overdue_since_utc)"] ==
		["expired 1 2020-01-09T14:00:00.000Z", "gone 0 ", "there 0 ", "there 0 "]'
	run_haiki inventory list generations
	assert_exit 0
	grep -q 'OVERDUE' "$CASE/out"
	grep 'G1 ' "$CASE/out" | grep -Eq '[0-9]+ days$' || fail "$(cat "$CASE/out")"
	[ "$(grep -c ' days' "$CASE/out")" = 1 ]
}

check "a copy that is there a day after it expired is overdue" listed
finish
