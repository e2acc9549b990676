#!/bin/bash
# guest: --qemu
# NVMe drives of ours (tests/drives) are made to erase themselves: what they did is proven, and what they
# only said is not. nvme-cli is asked whether it sees the same.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# Every process costs a tenth of a second under emulation, and so does each megabyte.
MODEL_MIB=2

# a_drive NAME CONDUCT [LINE…]: DRIVE, with keys to sign what becomes of it.
a_drive() {
	local name=$1 conduct=$2
	shift 2
	make_keys
	make_model DRIVE "$name" "$conduct" nvme
	SERIALS[$DRIVE]=HM-$name
	tell_model "$DRIVE" "erase-ms 300" "$@"
}

# begin_purge COMBINATION: in the background, until the drive has taken the command.
begin_purge() {
	policy purge "$@"
	start_haiki wipe run "$DRIVE" --serial "$(serial_of "$DRIVE")" --policy "$CASE/policy.json" --json
	until_true 60 took_command 84
}
took_command() {
	model_log "$DRIVE" | grep -q "^command admin $1 .* status 0000"
}

# proven [LEVEL]: it is, by a record that checks, and it is true.
proven() {
	local file
	assert_exit 0
	file=$(certificate_of)
	assert_json '.jobs[-1].outcome == "proven"'
	assert_json ".verdict.level == \"${1:-purge}\"" "$file"
	holds_no_old_text "$DRIVE" || fail "proven, and the old text is on the medium"
}

# answers FILTER [FILE]: about the list of what the drive answered.
answers() {
	assert_json "[.evidence[] | select(.kind == \"answer\")] | $1" "${2:-$(certificate_of)}"
}

controller_of() {
	echo "/dev/$(cat "/run/haiki-drives/${MODEL[$1]}/controller")"
}

# nvme-cli's word on the sanitize log, as two numbers: SSTAT with SPROG, and SCDW10.
cli_log() {
	nvme get-log "$(controller_of "$DRIVE")" --log-id=0x81 --log-len=512 --raw-binary |
		od -A n -t x4 -N 8 --endian=little | xargs
}
cli_agrees() {
	[ "$(cli_log)" = "$1" ] || fail "nvme-cli sees $(cli_log), not $1"
}
# It answers to a read, so it was brought out of its failure.
can_be_read() {
	dd if="$DRIVE" of=/dev/null bs=4k count=1 iflag=direct status=none
}
# All but where markers were planted.
keeps_old_text() {
	[ "$(medium_of "$DRIVE" | grep -cF "$OLD_TEXT")" -gt $((MODEL_MIB * MIB / 41 / 2)) ] ||
		fail "it was erased"
}

# ---- honest ----

each_technique() {
	a_drive honest honest
	purge nvme-sanitize-crypto+nvme-sanitize-block+overwrite
	proven
	assert_json '[.plan.steps[].method] == ["plant-markers", "erase", "check-markers",
		"plant-markers", "erase", "check-markers", "overwrite", "read-back", "residue-scan"]' \
		"$(certificate_of)"
	answers 'map(select(.moment == "before" or .moment == "accepted" or .moment == "after").status) ==
		["never", "running", "succeeded", "succeeded", "running", "succeeded"]'
	assert_json '[.evidence[] | select(.kind == "health" and .what == "nvme-health-log")] | length == 2' \
		"$(certificate_of)"
	# No-Deallocate and a way out of a failure were asked for; the host has written since.
	cli_agrees "0001ffff 0000020a"

	refill "$DRIVE"
	purge nvme-sanitize-overwrite
	proven
	cli_agrees "0101ffff 0000021b"
	holds_pattern_of_erase
}

# What the certificate says that the drive was told to write, is what is on it.
holds_pattern_of_erase() {
	local hex
	hex=$(jq --raw-output '[.plan.steps[] | select(.method == "erase")] | last | .pattern.period' \
		"$(certificate_of)")
	[ ${#hex} -eq 8 ] || fail "no pattern of four bytes: $hex"
	perl -e 'print pack("H*", $ARGV[0]) x ($ARGV[1] / 4)' "$hex" $((MODEL_MIB * MIB)) |
		cmp - "$CASE/${MODEL[$DRIVE]}.medium" || fail "the pattern is not on the medium"
}

# Format is clear at best, and nothing is ever sent that erases nothing (SES 0). Names and controllers do
# not go together by themselves: the command goes to the drive that was named.
format() {
	local other
	make_keys
	make_model other bystander honest nvme
	a_drive formatted honest
	policy purge nvme-format-crypto nvme-format-user
	run_haiki wipe plan "$DRIVE" --policy "$CASE/policy.json" --json
	assert_exit 4
	policy clear nvme-format-user+overwrite
	wipe "$DRIVE" --policy "$CASE/policy.json"
	proven clear
	assert_same "command admin 80 namespace 00000001 dword10 00000200 status 0000" \
		"$(model_log "$DRIVE" | grep "^command admin 8[04]")" "another command was sent"
	DRIVE=$other
	holds_old_text "$DRIVE" || fail "the other drive was erased"
	! model_log "$other" | grep -q "^command admin 8[04]" || fail "the other drive got a command"
}

# ---- not honest ----

# Its log says that it succeeded, before and after it refused.
old_success() {
	a_drive refuses refuses
	cli_agrees "0101ffff 00000000"
	purge nvme-sanitize-crypto
	assert_exit 1
	not_proven failed drive-refused
	keeps_old_text
	cli_agrees "0001ffff 00000000"

	tell_model "$DRIVE" stale-success "erase-polls 4" # of which it shows the old one once
	purge nvme-sanitize-crypto
	proven
	answers 'any(.moment == "during" and .status == "running") and
		(map(select(.moment == "before"))[0].status == "succeeded")'
}

# Failed, and SPROG is FFFFh as after a success.
progress_of_a_failure() {
	local conduct
	a_drive fails aborts
	for conduct in aborts fails-halfway; do
		tell_model "$DRIVE" "$conduct"
		purge nvme-sanitize-block
		assert_exit 1
		not_proven failed drive-failed
		answers 'any(.status == "failed" and (.raw | startswith("ffff0300")))'
		if [ $conduct = aborts ]; then keeps_old_text; fi
		can_be_read
	done
}

liars() {
	a_drive liar lies-success
	purge nvme-sanitize-crypto
	assert_exit 1
	not_proven failed markers-remain
	keeps_old_text
	# nvme-cli sees nothing of it.
	cli_agrees "0101ffff 0000020c"
}

# What reads zeros is only forgotten, and comes back.
unmapped() {
	a_drive unmaps unmaps-only
	purge nvme-sanitize-block
	assert_exit 1
	not_proven failed markers-zeroed
	contents "$DRIVE" | cmp -n $((MODEL_MIB * MIB)) - /dev/zero
	keeps_old_text
}

# Its sectors cannot be read after a block erase, so that nothing can be seen of it.
needs_write() {
	a_drive needs needs-write
	purge nvme-sanitize-block
	assert_exit 1
	not_proven failed markers-unreadable
	purge nvme-sanitize-overwrite
	proven
}

# Nothing is told before: nothing is planned. Nothing is told any more: nothing is known.
hidden() {
	a_drive hides hides-status
	policy purge nvme-sanitize-crypto
	run_haiki wipe plan "$DRIVE" --policy "$CASE/policy.json" --json
	assert_exit 4

	# Stopped meanwhile, so that it does not succeed before it hides.
	configure "[engine]" "stall = 5"
	tell_model "$DRIVE" hangs-at-40 "erase-ms 1900"
	begin_purge nvme-sanitize-crypto
	tell_model "$DRIVE" hides-status
	wait_haiki
	assert_exit 1
	not_proven unknown status-unknown
}

hangs() {
	configure "[engine]" "stall = 1"
	a_drive hangs hangs-at-40
	purge nvme-sanitize-crypto
	assert_exit 1
	assert_json '.jobs[0].outcome != "proven"'
	answers 'map(select(.status == "running"))[-1].progress <= 26214'
	keeps_old_text
	tell_model "$DRIVE" honest
}

# ---- lost and found ----

# The link is lost for a moment; the drive goes on.
link_lost() {
	a_drive link honest "erase-ms 6000"
	begin_purge nvme-sanitize-block
	tell_model "$DRIVE" drop-link
	wait_haiki
	proven
}

# Its power is lost, and the kernel takes it away; it goes on when it has power again.
power_lost() {
	local job
	a_drive power honest "erase-ms 30000"
	begin_purge nvme-sanitize-block
	tell_model "$DRIVE" gone
	LIMIT=120 wait_haiki
	assert_exit 5
	assert_json '.jobs[0].outcome == "interrupted"'
	job=$(job_of)
	"$MODELS/nvme-drive-down" power
	bring_up DRIVE nvme-drive-up power honest
	cli_log | grep -q "^0002.... 0000020a" || fail "it does not go on: $(cli_log)"
	tell_model "$DRIVE" finish
	run_haiki wipe resume "$job" --json
	proven
	answers 'any(.moment == "found" and .status == "succeeded")'
	is_erased "$DRIVE" || fail "this drive reads FFh after it"
}

# ---- two namespaces ----

two_tenants() {
	local other
	a_drive shared two-tenants
	until_true 20 test -b "${DRIVE%n1}n2"
	other=${DRIVE%n1}n2
	SERIALS[$DRIVE]=$(wwn_of "$DRIVE")
	# Nobody knows whose the other is.
	purge nvme-sanitize-crypto
	refuses_for "does not know"
	run_haiki inventory scan --json
	assert_exit 0
	run_haiki inventory list --json
	run_haiki inventory label "$(jq --raw-output --arg name "${other##*/}" \
		'.drives[] | select(.identity.name == $name) | .id' "$CASE/out")" --tenant beta
	assert_exit 0
	purge nvme-sanitize-crypto
	refuses_for "another tenant"
	keeps_old_text
	! model_log "$DRIVE" | grep -q "^command admin 8[04]" || fail "the drive got a command"
	# One tenant's they may be erased together.
	run_haiki inventory list --json
	run_haiki inventory label "$(jq --raw-output --arg name "${DRIVE##*/}" \
		'.drives[] | select(.identity.name == $name) | .id' "$CASE/out")" --tenant beta
	assert_exit 0
	purge nvme-sanitize-crypto
	proven
	assert_json '[.evidence[] | select(.kind == "sibling")] | length == 1' "$(certificate_of)"
}
refuses_for() {
	assert_exit 3
	assert_json '.jobs[0].outcome == "refused" and .jobs[0].error.code == "guard-namespaces"'
	jq --exit-status --arg why "$1" '.evidence | all(.kind != "started") and any(.kind == "guard" and
		(.checks | any(.check == "namespaces" and .result == "refused" and (.detail | contains($why)))))' \
		"$(certificate_of)" >/dev/null || fail "not refused because '$1': $(refusals)"
}

check "Sanitize crypto, block and overwrite of an honest drive are purge" each_technique
check "false success 7: a format that erases nothing" format
check "false success 10: an idle drive's sanitize success" old_success
check "false success 2: progress FFFFh without SSTAT" progress_of_a_failure
check_thoroughly "a drive that says so and erases nothing" liars
check_thoroughly "a drive that only unmaps is neither purged nor cleared" unmapped
check_thoroughly "a drive that must be written before it is read" needs_write
check "false success 11: a drive that hides its status" hidden
check_thoroughly "a drive that stops at 40 %" hangs
check_thoroughly "the link is lost meanwhile" link_lost
check_thoroughly "the power is lost meanwhile" power_lost
check "another tenant's namespace is not erased along" two_tenants
finish
