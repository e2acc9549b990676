#!/bin/bash
# guest: --memory 768
# haiki purges SATA drives of ours (tests/drives) by their own commands, through the real kernel's SAT:
# what is proven is gone, and what a drive refuses, fails, hides or only says is not proven. hdparm and
# smartctl are asked too.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

MODEL_MIB=4
SECTORS=$((MODEL_MIB * 2048))

# Past the block device, which udev looks at after each opening.
generic() {
	echo /dev/"$(ls "/sys/block/${1##*/}/device/scsi_generic")"
}

# ata VARIABLE NAME CONDUCT [WORD…]: the drive, whose erasures take so long as ERASE_MS says.
ata() {
	local drive_variable=$1 name=$2 conduct=$3 words="erase-ms ${ERASE_MS:-300}"
	shift 3
	for word; do words+=";$word"; done
	DRIVE_WORDS=$words make_model "$drive_variable" "$name" "$conduct" ata
}

# A rotating drive, which has no block erase and no key to change.
MAGNETIC=(magnetic "lacks block" "lacks crypto")

# purge DRIVE METHODS [WORD…]
purge() {
	local drive=$1 methods=$2
	shift 2
	run_haiki wipe run "$drive" --serial "HM-${MODEL[$drive]}" --level purge \
		${methods:+--method "$methods"} --json "$@"
}

# purged DRIVE LEVEL: the last run's record says that it was proven; and nothing old is left.
purged() {
	local file
	assert_exit 0
	assert_json '.jobs | last | .outcome == "proven"'
	file=$(last_certificate)
	assert_record "$file" proven
	assert_json ".verdict.level == \"$2\"" "$file"
	holds_no_old_text "$1" || fail "old text is left on $1"
}

last_certificate() {
	certificate_of "$(jq '.jobs | length - 1' "$CASE/out")"
}

# not_proven OUTCOME: as the last run's only record says.
not_proven() {
	[ "$STATUS" -ne 0 ] || fail "it ended well"
	assert_json "[.jobs[] | .outcome] == [\"$1\"]"
	assert_record "$(last_certificate)" "$1"
}

finished_as() {
	assert_json "[.evidence[] | select(.kind == \"finished\")] | last | .result == \"$1\"" \
		"$(last_certificate)"
}

# is_not WORD DRIVE: as hdparm tells of its security: enabled, locked, frozen.
is_not() {
	hdparm -I "$(generic "$2")" 2>/dev/null | grep -q "^	not	$1"
}

# Beside the markers.
still_holds_old_text() {
	medium_of "$1" | grep -qF "$OLD_TEXT" || fail "it was erased"
}

# ---- drives that do it ----

sanitizes() {
	local drive method
	make_keys
	ata drive flash honest
	for method in ata-sanitize-crypto ata-sanitize-block; do
		refill "$drive"
		purge "$drive" $method
		purged "$drive" purge
		hdparm --sanitize-status "$(generic "$drive")" | grep -qi 'completed without error'
		assert_json '[.evidence[] | select(.kind == "answer") | .moment] as $m |
			($m[0] == "before") and ($m[1] == "accepted") and ($m | last == "after")' \
			"$(last_certificate)"
		assert_json '.evidence[] | select(.kind == "markers") |
			.checked > 100 and .remaining == 0 and .unreadable == 0' "$(last_certificate)"
	done
	is_erased "$drive" || fail "the block erase was not the last"
	smartctl -H "$drive" | grep -q PASSED
	assert_json '[.evidence[] | select(.kind == "health") | .what] | unique == ["ata-smart-data"]' \
		"$(last_certificate)"
}

overwrites_by_itself() {
	local drive
	make_keys
	ata drive rotates honest "${MAGNETIC[@]}"
	purge "$drive" ata-sanitize-overwrite
	purged "$drive" purge
	# The pattern of the plan stands on the medium, from end to end.
	local pattern
	pattern=$(jq --raw-output '.plan.steps[] | select(.method == "erase") | .pattern.period' \
		"$(last_certificate)")
	cmp <(medium_of "$drive") <(perl -e 'print pack("H*", $ARGV[0]) x ($ARGV[1] / 4)' \
		"$pattern" $((MODEL_MIB * MIB)))
}

all_in_one_job() {
	local drive
	make_keys
	ata drive combined honest
	purge "$drive" ata-sanitize-crypto+overwrite
	purged "$drive" purge
	cmp <(medium_of "$drive") <(stream "$(last_certificate)" $((MODEL_MIB * MIB)))
}

security_erases() {
	local drive
	make_keys
	ata drive secure honest "${MAGNETIC[@]}" "lacks overwrite"
	purge "$drive" ''
	purged "$drive" purge
	assert_json '[.plan.steps[] | select(.method == "erase") | .technique] == ["ata-security-enhanced"]' \
		"$(last_certificate)"
	is_not enabled "$drive" || fail "a password is left"
	is_not frozen "$drive"
	# By normal erase it is clear, and said to be no more.
	refill "$drive"
	run_haiki wipe run "$drive" --serial HM-secure --method ata-security-normal+overwrite --json
	purged "$drive" clear
	is_not enabled "$drive"
}

# ---- drives that do not ----

# does_not CONDUCT RESULT…: each on the same drive, which was brought back after the one before.
does_not() {
	local drive conduct result
	make_keys
	configure "[engine]" "stall = 2"
	ata drive fails honest
	while [ $# -gt 0 ]; do
		conduct=$1 result=$2
		shift 2
		tell_model "$drive" "$conduct"
		purge "$drive" ata-sanitize-block
		not_proven failed
		finished_as "$result"
	done
}

# False success 10: the status that an idle drive shows all the time is not taken for ours.
idle_success() {
	local drive
	make_keys
	ata drive idle refuses
	hdparm --sanitize-status "$(generic "$drive")" | grep -qi 'completed without error' ||
		fail "no old success is shown"
	purge "$drive" ata-sanitize-block
	not_proven failed
	finished_as drive-refused
	still_holds_old_text "$drive"
	hdparm --sanitize-status "$(generic "$drive")" | grep -qi 'completed without error'
}

# It shows the old success for a while after the command too, and then erases.
stale_success() {
	local drive
	make_keys
	ata drive stale stale-success "erase-polls 4"
	purge "$drive" ata-sanitize-block
	purged "$drive" purge
	is_erased "$drive"
}

# Success, and all is there.
lies() {
	local drive
	make_keys
	ata drive lies lies-success
	purge "$drive" ata-sanitize-crypto
	not_proven failed
	still_holds_old_text "$drive"
	hdparm --sanitize-status "$(generic "$drive")" | grep -qi 'completed without error'
}
only_unmaps() {
	local drive
	make_keys
	ata drive unmaps unmaps-only
	purge "$drive" ata-sanitize-block
	[ "$STATUS" -ne 0 ]
	assert_json '.jobs[0].outcome != "proven"'
	assert_json '.evidence[] | select(.kind == "markers") | .zeroed == .checked' "$(last_certificate)"
	tell_model "$drive" remap
	still_holds_old_text "$drive"
}

needs_a_write() {
	local drive
	make_keys
	ata drive unread needs-write
	purge "$drive" ata-sanitize-block
	[ "$STATUS" -ne 0 ]
	assert_json '.jobs[0].outcome != "proven"'
}

# What was planned by the status is refused where there is none; where it falls silent in the middle
# the outcome is unknown.
hides_the_status() {
	local drive
	make_keys
	configure "[engine]" "stall = 2"
	ERASE_MS=600000 ata drive hides hides-status
	purge "$drive" ''
	assert_exit 4
	grep -q 'would not be told' "$CASE/out" "$CASE/err"
	holds_old_text "$drive"
	tell_model "$drive" honest
	start_haiki wipe run "$drive" --serial HM-hides --level purge --method ata-sanitize-block --json
	until_true 60 is_sanitizing "$drive"
	tell_model "$drive" hides-status
	wait_haiki
	[ "$STATUS" -ne 0 ]
	assert_json '[.jobs[] | .outcome] == ["unknown"]'
	finished_as status-unknown
}
# BLOCK ERASE EXT was sent: bytes 3 and 4 of the CDB are its feature.
is_sanitizing() {
	model_log "$1" | grep -q '^command 85 07 20 00 12 .* b4 00 status'
}
# was_asked DRIVE TIMES: SANITIZE STATUS EXT.
was_asked() {
	[ "$(model_log "$1" | grep -c '^command 85 07 20 00 00 .* b4 00 status')" -ge "$2" ]
}

# refused_for CONDUCT WORDS: not planned, not touched, and a person hears what to do.
refused_for() {
	local drive
	make_keys
	ata drive "$1" "$1"
	purge "$drive" ''
	assert_exit 4
	grep -q "$2" "$CASE/out" "$CASE/err" || fail "it is not said: $(cat "$CASE/out" "$CASE/err")"
	holds_old_text "$drive"
}

# Fall-back: what the policy names next, as long as the level holds; each with its record.
falls_back() {
	local drive
	make_keys
	ata drive second honest "${MAGNETIC[@]}"
	tell_model "$drive" aborts
	purge "$drive" ''
	[ "$STATUS" -ne 0 ]
	assert_json '.jobs | length >= 2 and all(.outcome != "proven")'
	assert_json '[.plan.candidates[] | select(.why == "failed-before") | .methods] | length > 0' \
		"$(last_certificate)"
}

# ---- power ----

# Kill haiki, and say which job it had begun: its progress names it.
kill_haiki() {
	kill -KILL "$PID" 2>/dev/null || true
	wait_haiki
	JOB=$(grep -o 'J[0-9]\{8\}-[0-9A-Z]*' "$CASE/err" | head -n 1)
	[ -n "$JOB" ] || fail "no job is named: $(cat "$CASE/err")"
}

# The power is gone, from drive and host. The drive goes on by itself when it is back, and is followed to
# its end.
sanitize_over_a_power_loss() {
	local drive
	make_keys
	ERASE_MS=900000 ata drive power honest
	start_haiki wipe run "$drive" --serial HM-power --level purge --method ata-sanitize-block --json
	until_true 60 is_sanitizing "$drive"
	kill_haiki
	"$MODELS/scsi-drive-power" power off
	TOOLS=$TOOLS "$MODELS/scsi-drive-power" power on
	start_haiki wipe resume "$JOB" --json
	until_true 60 was_asked "$drive" 5 # and is asked again and again
	tell_model "$drive" finish
	wait_haiki
	purged "$drive" purge
	assert_json '[.evidence[] | select(.kind == "answer" and .moment == "found") | .status] == ["running"]' \
		"$(last_certificate)"
	is_erased "$drive"
}

# haiki is killed, and the power lost, while the drive has its password: locked, until it is resumed.
security_over_a_crash() {
	local drive
	make_keys
	ANSWER_SECONDS=60 ERASE_MS=900000 ata drive crash honest "${MAGNETIC[@]}" "lacks overwrite"
	start_haiki wipe run "$drive" --serial HM-crash --level purge --json
	until_true 60 is_prepared "$drive"
	kill -KILL "$PID" "$(</run/haiki-drives/crash/pid)"
	# What was on its way to the drive is answered when it is back, and haiki is gone only then.
	DRIVE_WORDS="erase-ms 300;magnetic;lacks block;lacks crypto;lacks overwrite" TOOLS=$TOOLS \
		"$MODELS/scsi-drive-power" crash on
	kill_haiki
	! is_not locked "$drive" || fail "the drive is not locked"
	LIMIT=60 run_haiki wipe resume "$JOB" --json
	purged "$drive" purge
	is_not enabled "$drive" || fail "a password is left"
}
is_prepared() {
	model_log "$1" | grep -q '^command 85 .* f3 00 status'
}

# ---- capacity ----

# opens CONDUCT AREA…
opens() {
	local drive conduct=$1 area
	shift
	make_keys
	ata drive opens "$conduct"
	[ "$(bytes_of "$drive")" -lt $((MODEL_MIB * MIB)) ]
	purge "$drive" ata-sanitize-block+overwrite
	purged "$drive" purge
	[ "$(bytes_of "$drive")" -eq $((MODEL_MIB * MIB)) ]
	for area; do
		assert_json "[.evidence[] | select(.kind == \"capacity\" and .area == \"$area\")] |
			length == 1 and .[0].errno == 0 and .[0].after_sectors > .[0].before_sectors" \
			"$(last_certificate)"
	done
	assert_json ".evidence[] | select(.kind == \"opened\") | .native.bytes == $((MODEL_MIB * MIB))" "$(last_certificate)"
	cmp <(medium_of "$drive") <(stream "$(last_certificate)" $((MODEL_MIB * MIB)))
	[ "$conduct" = amac ] || hdparm -N "$(generic "$drive")" | grep -q "$SECTORS/$SECTORS, HPA is disabled"
}

need hdparm smartctl
check "SANITIZE DEVICE by key and by block is proven, and hdparm and smartctl agree" sanitizes
check_thoroughly "the drive's own overwrite is read back" overwrites_by_itself
check_thoroughly "crypto scramble and an overwrite in one job" all_in_one_job
check "SECURITY ERASE UNIT takes its password away again, enhanced and normal" security_erases
check "what is given up, fails half-way, or does not get on, is a failure" does_not \
	aborts drive-failed fails-halfway drive-failed hangs-at-40 stalled
check "false success 10: an idle drive's sanitize success is not ours" idle_success
check "an old success that is still shown is waited out" stale_success
check "success with all data there is found out" lies
check "zeros over kept data are no purge" only_unmaps
check_thoroughly "sectors that cannot be read after an erase prove nothing" needs_a_write
check "a status that is hidden is refused, and unknown in the middle" hides_the_status
check "a frozen drive is left alone, and it is said how to thaw it" refused_for frozen Thaw
check "a locked drive is left alone, and it is said who can unlock it" refused_for locked "nlock it"
check_thoroughly "the next method of the policy is tried, and both are on record" falls_back
check "a sanitize goes on over a power loss, is found, and judged" sanitize_over_a_power_loss
check "a drive left with haiki's password is unlocked and erased" security_over_a_crash
check_thoroughly "a host protected area is lifted and purged" opens hpa hpa
check "HPA over DCO is lifted and purged" opens hpa-over-dco hpa dco
check_thoroughly "an accessible maximum address is lifted and purged" opens amac amac
finish
