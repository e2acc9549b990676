#!/bin/bash
# A contract's deletion certified stage by stage by the real program: open while anything that was known is
# left, closed when nothing is, each stage signed and in the ledger.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

SIZE=$((2 * MIB))

# import NAME: the file NAME of this case.
import() {
	run_haiki inventory import "$CASE/$1" --json
	assert_exit 0
}

# generation GONE: the one backup copy.
generation() {
	printf 'key,place,tenant,created_utc,expires_utc,gone_utc\n夜間-1,遠隔地の棚,CITY-A,%s,%s,%s\n' \
		2026-01-01T23:00:00+09:00 2026-01-08T23:00:00+09:00 "$1" >"$CASE/generations.csv"
	import generations.csv
}

# tell_stage STAGE EXIT FILTER; NAME is the certificate's.
tell_stage() {
	run_haiki report tenant K-1 --name 山田太郎 --out "$CASE/tenant" --json
	assert_exit "$2"
	assert_json ".stage == \"$1\""
	assert_json "$3"
	NAME=$(jq --raw-output .certificate "$CASE/out")
}

stages() {
	local device first
	make_keys
	make_drive device $SIZE
	SERIAL=$(serial_of "$device")
	run_haiki inventory scan --json
	assert_exit 0
	printf 'code,name,zone\nCITY-A,髙﨑市,municipal\n' >"$CASE/tenants.csv"
	printf 'number,tenant,start_day,end_day,grace_days\nK-1,CITY-A,2024-04-01,2026-03-31,10\n' \
		>"$CASE/contracts.csv"
	run_haiki inventory import "$CASE/tenants.csv" "$CASE/contracts.csv" --json
	assert_exit 0

	tell_stage remaining 7 '.reasons == ["nothing-known"]'
	run_haiki inventory label "$SERIAL" --tenant CITY-A --reason test --json
	assert_exit 0
	generation ""
	tell_stage remaining 7 '.reasons == ["drive-not-sanitized", "generation-remains"]
		and (.outstanding | length) == 2 and .new == 1'
	first=$NAME
	tell_stage remaining 7 '.new == 0'
	assert_same "$first" "$NAME" "nothing has changed"

	run_haiki inventory custody "$SERIAL" quarantined --reason test --json
	assert_exit 0
	wipe "$device"
	assert_exit 0
	tell_stage volumes-erased 7 '.outstanding == ["generation:G1"]'
	generation 2026-01-09T00:00:00Z
	tell_stage closed 0 '.outstanding == [] and .reasons == [] and .new == 1'
	jq --exit-status ".supersedes != \"\" and .places[0].certificate_sha256 != \"\"
		and .tenant.name == \"髙﨑市\"" "$CASE/tenant/$NAME.json" >/dev/null ||
		fail "the closed certificate does not name its proof"
	openssl cms -verify -binary -inform DER -in "$CASE/tenant/$NAME.p7s" -content "$CASE/tenant/$NAME.json" \
		-CAfile "$STATE/keys/ca.crt" -out /dev/null 2>"$CASE/openssl.err" ||
		fail "openssl does not accept it: $(cat "$CASE/openssl.err")"
	grep -q '^index ' "$CASE/tenant/$NAME.proof" || fail "no proof of the ledger"
	run_haiki verify certificate "$CASE/tenant/$NAME.json" --json
	assert_exit 0
	assert_json '.certificates[0].valid == 1'
	# The same words with another stage are another document.
	sed 's/"stage":"[a-z-]*"/"stage":"closed"/' "$CASE/tenant/$first.json" >"$CASE/tenant/forged.json"
	cp "$CASE/tenant/$first.p7s" "$CASE/tenant/forged.p7s"
	run_haiki verify certificate "$CASE/tenant/forged.json" --json
	assert_exit 1
	assert_json '.certificates[0].valid == 0'
}

# A contract that is not over closes nothing, nor does one that nobody knows.
not_over() {
	make_keys
	printf 'code,name,zone\nCITY-A,例示市,municipal\n' >"$CASE/tenants.csv"
	printf 'number,tenant,start_day,end_day\nK-1,CITY-A,2024-04-01,\n' >"$CASE/contracts.csv"
	run_haiki inventory import "$CASE/tenants.csv" "$CASE/contracts.csv" --json
	assert_exit 0
	generation 2026-01-09T00:00:00Z
	tell_stage running 7 '.reasons == ["contract-running"]'
	run_haiki report tenant K-1 --out "$CASE/tenant"
	grep -q '  because: the contract is not over' "$CASE/out" || fail "not told why: $(cat "$CASE/out")"
	run_haiki report tenant K-9 --json
	assert_exit 2
	assert_code contract-unknown
}

# A VM that nobody deleted keeps its contract open, and no contract of another service.
vms() {
	make_keys
	printf 'code,name,zone,service_codes\nCITY-A,例示市,municipal,S-1 S-2\n' >"$CASE/tenants.csv"
	printf 'number,tenant,start_day,end_day,service_codes\nK-1,CITY-A,2024-04-01,2026-03-31,S-1\nK-2,CITY-A,2024-04-01,,S-2\n' \
		>"$CASE/contracts.csv"
	printf 'uuid,service_code,name\n%s,S-1,web\n%s,S-2,db\n' 564d0000-0000-4000-8000-000000000001 \
		564d0000-0000-4000-8000-000000000002 >"$CASE/vms.csv"
	run_haiki inventory import "$CASE/tenants.csv" "$CASE/contracts.csv" "$CASE/vms.csv" --json
	assert_exit 0
	tell_stage remaining 7 '.reasons == ["vm-remains"] and .outstanding == ["vm:M1"] and .remarks == []'
	jq --exit-status '.format_version == 2 and (.vms | length) == 1 and .vms[0].due_utc == "2026-04-10T15:00:00.000Z"
		and .vms[0].facts == [] and .contract.service_codes == ["S-1"] and .other_contracts[0].service_codes == ["S-2"]' \
		"$CASE/tenant/$NAME.json" >/dev/null || fail "not as docs/certificate.md says: $(cat "$CASE/tenant/$NAME.json")"
	run_haiki verify certificate "$CASE/tenant/$NAME.json" --json
	assert_json '.certificates[0].valid == 1'
	run_haiki report tenant K-1 --out "$CASE/tenant"
	grep -q '  because: a VM is not proven gone' "$CASE/out" || fail "not told why: $(cat "$CASE/out")"
	grep -q '  remains: vm:M1' "$CASE/out" || fail "not told what: $(cat "$CASE/out")"
}

check "a deletion is open until nothing that was known is left" stages
check "a contract that is not over is not closed" not_over
# The paper names each VM.
on_paper() {
	need pdftotext
	vms
	pdftotext -raw "$CASE/tenant/$NAME.pdf" - | tr -d ' \n' >"$CASE/paper"
	grep -q 'M1web(S-1,564d0000-0000-4000-8000-000000000001,)' "$CASE/paper" || fail "no VM on it: $(cat "$CASE/paper")"
	grep -q 'AVMisnotprovengone' "$CASE/paper" || fail "not told why: $(cat "$CASE/paper")"
}

check "a VM that was not deleted keeps the contract of its service open" vms
check "the PDF of a contract's certificate names its VMs" on_paper
finish
