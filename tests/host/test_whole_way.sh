#!/bin/bash
# The whole way once, with independent witnesses at each station.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

whole_way() {
	local device serial before file
	need openssl jq
	make_keys
	make_drive device $((9 * MIB + 512))
	mkfs.ext4 -q -F -L planted "$device"
	before=$(digest_of "$device")

	run_haiki inventory scan --json
	assert_exit 0
	serial=$(serial_of "$device")
	[ -n "$serial" ]
	run_haiki inventory list --json
	assert_exit 0
	jq --raw-output '.. | objects | .serial? // empty' "$CASE/out" | grep -qx "$serial"
	jq --raw-output '.. | .type? // empty' "$CASE/out" | grep -qx ext4 || {
		run_haiki inventory show "$serial" --json
		jq --raw-output '.. | .type? // empty' "$CASE/out" | grep -qx ext4
	}

	run_haiki wipe plan "$serial" --json
	assert_exit 0
	assert_json '.targets[0].guard.result == "passed"'
	assert_json '.targets[0].plan.level == "clear"'
	assert_same "$before" "$(digest_of "$device")" "the plan touched the drive"

	run_haiki wipe run "$serial" --serial "$serial" --ticket T-1 --operator "A. Person" --json
	assert_exit 0
	assert_proven "$device"
	file=$(certificate_of)
	assert_json '.verdict.level == "clear" and .verdict.verification == "full"' "$file"
	assert_json '.reason.ticket == "T-1" and .people.operator.name == "A. Person"' "$file"
	assert_json '[.subject.layers[].type] | index("ext4") != null' "$file"
	assert_json ".verdict.bytes_read_back == $(bytes_of "$device")" "$file"
	[ -z "$(blkid -p -o value -s TYPE "$device")" ] || fail "blkid still sees something"
}

media_recheck() {
	local device file
	make_keys
	make_drive device $((3 * MIB + 512))
	wipe "$device"
	assert_exit 0
	file=$(certificate_of)
	run_haiki verify media "$device" --certificate "$file" --trust "$STATE/keys/ca.crt" --json
	assert_exit 0
	# One byte in the last sector differs.
	printf X | dd of="${BACKING[$device]}" bs=1 seek=$((3 * MIB + 511)) conv=notrunc status=none
	run_haiki verify media "$device" --certificate "$file" --trust "$STATE/keys/ca.crt" --json
	assert_exit 1
	jq --exit-status "[.. | numbers] | index($((3 * MIB))) != null" "$CASE/out" >/dev/null ||
		fail "the range that differs is not named: $(cat "$CASE/out")"
}

media_of_another_drive() {
	local device other file
	make_keys
	make_drive device $MIB
	make_drive other $MIB
	wipe "$device"
	assert_exit 0
	file=$(certificate_of)
	cp "${BACKING[$device]}" "$CASE/copy"
	cat "$CASE/copy" >"${BACKING[$other]}"
	run_haiki verify media "$other" --certificate "$file" --trust "$STATE/keys/ca.crt" --json
	assert_exit 1 3
	assert_code identity-mismatch
}

sampled() {
	local device file
	make_keys
	make_drive device $((16 * MIB))
	cat >"$CASE/policy.json" <<-'P'
	{"format":"haiki-policy","format_version":1,"name":"sampled","version":"1","source":"test",
	"rules":[{"zone":"*","media":"*","confidentiality":"*","level":"clear","scheme":"random",
	"verification":"sample"}],"schemes":[]}
	P
	wipe "$device" --policy "$CASE/policy.json"
	assert_exit 0
	assert_proven "$device"
	file=$(certificate_of)
	assert_json '.verdict.verification == "sample" and (.limits | index("sampled") != null)' "$file"
	assert_json ".verdict.bytes_read_back >= $((16 * MIB / 10))" "$file"
}

sample_is_not_enough() {
	local device before
	make_keys
	make_drive device $MIB
	before=$(digest_of "$device")
	wipe "$device" --verify sample
	assert_exit 2 3 4
	assert_same "$before" "$(digest_of "$device")" "a weaker verification than the policy's ran"
}

without_keys() {
	local device before
	make_drive device $MIB
	before=$(digest_of "$device")
	wipe "$device"
	assert_exit 7
	assert_code keys-missing
	grep -q 'Nothing was touched' "$CASE/err" || fail "it does not say so: $(cat "$CASE/err")"
	grep -q 'report key init' "$CASE/err" || fail "no next step: $(cat "$CASE/err")"
	assert_same "$before" "$(digest_of "$device")" "it wrote although nothing can be certified"
}

many_jobs_one_drive() {
	local device first
	make_keys
	make_drive device $MIB
	wipe "$device"
	assert_exit 0
	first=$(last_pattern "$(certificate_of)")
	wipe "$device"
	assert_exit 0
	assert_proven "$device"
	[ "$first" != "$(last_pattern "$(certificate_of)")" ] || fail "a key was used twice"
}

both_backends() {
	local device backend
	make_keys
	for backend in io_uring threads auto; do
		configure "[engine]" "io = $backend"
		make_drive device $((5 * MIB + 512))
		wipe "$device"
		assert_exit 0
		assert_proven "$device"
	done
}

rate_limit() {
	local device before
	make_keys
	make_drive device $((4 * MIB))
	before=$(date +%s%N)
	wipe "$device" --rate 4M
	assert_exit 0
	assert_proven "$device"
	# Written and read at 4 MiB/s takes near two seconds; a first burst may be free.
	[ $(($(date +%s%N) - before)) -ge 1000000000 ] || fail "the rate was not kept"
}

progress_lines() {
	local device
	make_keys
	make_drive device $((4 * MIB))
	wipe "$device" --rate 4M
	assert_exit 0
	# Off a terminal, progress is JSON, one object a line.
	grep '^{' "$CASE/err" >"$CASE/lines"
	[ "$(wc -l <"$CASE/lines")" -ge 2 ] || fail "no progress: $(cat "$CASE/err")"
	jq --exit-status . "$CASE/lines" >/dev/null
}

check "scan, plan, run, certificate, check: ext4 drive" whole_way
check "a drive is checked again from its certificate, and one wrong byte is found" media_recheck
check "a certificate does not vouch for another drive with the same bytes" media_of_another_drive
check "sampled read-back by policy" sampled
check "a sample is not taken where the policy wants all" sample_is_not_enough
check "no signing key: nothing is touched" without_keys
check "a second job on a drive has a key of its own" many_jobs_one_drive
check "io_uring, threads and auto" both_backends
check "the rate limit holds" rate_limit
check "progress off a terminal is JSON lines" progress_lines
finish
