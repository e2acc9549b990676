#!/bin/bash
# guest: --memory 768
# SCSI drives of ours (tests/drives) are made to erase themselves: what they did is proven, and what they
# only said is not. sg3-utils are asked whether they see the same.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

MODEL_MIB=4

# a_drive NAME CONDUCT [WORD…]: DRIVE, with keys to sign what becomes of it. It erases until it was
# asked three times how it goes, so that the speed of this machine is of no account.
a_drive() {
	local name=$1 conduct=$2
	shift 2
	make_keys
	make_model DRIVE "$name" "$conduct"
	SERIALS[$DRIVE]=HM-$name
	tell_model "$DRIVE" "erase-polls 3" "$@"
}

# proven [LEVEL [INDEX]]: it is, by a record that checks, and it is true.
proven() {
	local file
	file=$(certificate_of "${2:-0}")
	assert_json ".jobs[${2:-0}].outcome == \"proven\""
	assert_json ".verdict.level == \"${1:-purge}\"" "$file"
	holds_no_old_text "$DRIVE" || fail "proven, and the old text is on the medium"
}

# answers FILTER: about the list of what the drive answered.
answers() {
	assert_json "[.evidence[] | select(.kind == \"answer\")] | $1" "$(certificate_of "${2:-0}")"
}

# Beside the markers, which are written over some of it.
keeps_old_text() {
	! holds_no_old_text "$DRIVE"
}

generic() {
	echo /dev/"$(ls "/sys/block/${DRIVE##*/}/device/scsi_generic")"
}

# ---- honest ----

each_technique() {
	a_drive honest honest
	purge scsi-sanitize-crypto
	assert_exit 0
	proven
	assert_record "$(certificate_of)" proven
	answers 'map(.moment) == ["before", "accepted", "after"] and
		map(.status) == ["never", "succeeded", "never"]'
	refill "$DRIVE"
	purge scsi-sanitize-block
	assert_exit 0
	proven
	is_erased "$DRIVE" || fail "this drive reads FFh after it"
	answers 'map(select(.moment == "during" and .status == "running")) | length > 0'
	refill "$DRIVE"
	purge scsi-sanitize-overwrite
	assert_exit 0
	proven
	holds_pattern_of_erase
	model_log "$DRIVE" | grep -q '^command 48 23 ' && model_log "$DRIVE" | grep -q '^command 48 a2 ' &&
		model_log "$DRIVE" | grep -q '^command 48 a1 00 00 00 00 00 00 08 '
	[ "$(sg_readcap --16 --brief "$(generic)" | cut -d ' ' -f 1)" = "0x$(printf %x $((MODEL_MIB * 2048)))" ] ||
		fail "sg_readcap: $(sg_readcap --16 --brief "$(generic)")"
	sg_requests "$(generic)" 2>&1 | grep -q 'No Sense' || fail "sg_requests: $(sg_requests "$(generic)" 2>&1)"
	assert_json '[.evidence[] | select(.kind == "health" and .what == "scsi-error-counters")] | length == 2' \
		"$(certificate_of)"
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

format_and_write_same() {
	local technique
	a_drive clears honest
	for technique in scsi-format-unit scsi-write-same; do
		refill "$DRIVE"
		policy clear $technique
		wipe "$DRIVE" --policy "$CASE/policy.json"
		assert_exit 0
		proven clear
		holds_pattern_of_erase
	done
	# It never counts as more.
	refill "$DRIVE"
	purge scsi-format-unit scsi-write-same
	assert_exit 4
	holds_old_text "$DRIVE" || fail "it was touched"
}

combined() {
	a_drive combined honest
	purge scsi-sanitize-crypto+scsi-sanitize-block+overwrite
	assert_exit 0
	proven
	assert_record "$(certificate_of)" proven
	assert_json '[.plan.steps[].method] == ["plant-markers", "erase", "check-markers",
		"plant-markers", "erase", "check-markers", "overwrite", "read-back", "residue-scan"]' \
		"$(certificate_of)"
	assert_holds_stream "$DRIVE" "$(certificate_of)"
}

# What the drive erased is checked again by its certificate: by what was planted and may stand no more,
# and by what it was told to write.
check_media() {
	run_haiki verify media "$DRIVE" --certificate "$(certificate_of)" --trust "$STATE/keys/ca.crt" --json
	cp "$CASE/out" "$CASE/media"
}

checked_again() {
	a_drive again honest
	purge scsi-sanitize-crypto
	assert_exit 0
	cp "$CASE/out" "$CASE/wiped"
	check_media
	assert_exit 0
	assert_json '.agrees == 1 and .coverage == "markers" and .markers.checked == 1000 and
		.markers.remaining == 0 and .residue == []' "$CASE/media"
	cp "$CASE/wiped" "$CASE/out"
	printf SWAPSPACE2 | dd of="$DRIVE" bs=1 seek=4086 conv=notrunc,fsync status=none
	check_media
	assert_exit 1
	assert_json '.agrees == 0 and (.residue | length > 0) and .markers.remaining == 0' "$CASE/media"
	refill "$DRIVE"
	purge scsi-sanitize-overwrite
	assert_exit 0
	check_media
	assert_exit 0
	assert_json '.agrees == 1 and .coverage == "full"' "$CASE/media"
}

# ---- not honest, or not able ----

# as CONDUCT [WORD…]: the drive behaves so from now on, and holds the old text again.
as() {
	local conduct=$1
	shift
	tell_model "$DRIVE" honest "$conduct" "erase-polls 3" "$@"
	refill "$DRIVE"
}

refused_and_failed() {
	a_drive fails refuses
	purge scsi-sanitize-block
	assert_exit 1
	not_proven failed drive-refused
	assert_record "$(certificate_of)" failed
	keeps_old_text || fail "a drive that refuses erased"
	answers 'map(select(.moment == "accepted")) | length == 1 and .[0].status == "failed"'
	as frozen
	purge scsi-sanitize-crypto
	assert_exit 1
	not_proven failed drive-refused
	for conduct in aborts fails-halfway; do
		as $conduct
		purge scsi-sanitize-block
		assert_exit 1
		not_proven failed drive-failed
		# It was brought out of the failed state: somebody may look at it, or try again.
		contents "$DRIVE" | grep -qF "$OLD_TEXT" || fail "$conduct: it cannot be read any more"
	done
	as aborts
	purge scsi-sanitize-crypto
	assert_exit 1
	not_proven failed drive-refused
	as honest
	purge scsi-sanitize-block
	assert_exit 0
	proven
}

lies() {
	a_drive liar lies-success
	purge scsi-sanitize-crypto
	assert_exit 1
	not_proven failed markers-remain
	keeps_old_text
	as lies-success
	purge scsi-sanitize-overwrite
	assert_exit 1
	assert_json '.verdict.level == "none" and .verdict.outcome == "failed"' "$(certificate_of)"
	# What it says without a word on how it goes is the same lie.
	as lies-hidden
	purge scsi-sanitize-crypto
	assert_exit 1
	not_proven failed markers-remain
	# Formatted, it says.
	as lies-success
	policy clear scsi-format-unit
	wipe "$DRIVE" --policy "$CASE/policy.json"
	assert_exit 1
	assert_json '.verdict.level == "none" and .verdict.outcome == "failed"' "$(certificate_of)"
}

# Zeros by deallocation over kept data are neither purge nor clear.
only_unmapped() {
	a_drive unmaps unmaps-only
	purge scsi-sanitize-block
	assert_exit 1
	not_proven failed markers-zeroed
	tell_model "$DRIVE" remap
	contents "$DRIVE" | grep -qF "$OLD_TEXT" || fail "the old text was really gone"
	as unmaps-only
	purge scsi-sanitize-crypto+scsi-sanitize-block
	assert_exit 1
	assert_json '.verdict.level == "none"' "$(certificate_of)"
	as needs-write
	purge scsi-sanitize-block
	assert_exit 1
	not_proven failed markers-unreadable
	as needs-write
	purge scsi-sanitize-overwrite
	assert_exit 0
	proven
}

# One hides its status and is not known to have erased itself, though it did; one shows that of before
# until it is seen at its erasing; one stops at 40 %.
silent_drives() {
	local hides stale
	configure "[engine]" "stall = 4"
	a_drive hides hides-status
	hides=$DRIVE
	a_drive stale stale-success
	stale=$DRIVE
	a_drive hangs hangs-at-40
	policy purge scsi-sanitize-block
	run_haiki wipe run "$hides" "$stale" "$DRIVE" --serial HM-hides --serial HM-stale --serial HM-hangs \
		--policy "$CASE/policy.json" --json
	not_proven unknown status-unknown 0
	assert_record "$(certificate_of 0)" unknown
	assert_json '.jobs[2].outcome != "proven" and .jobs[2].level == "none"'
	keeps_old_text
	tell_model "$DRIVE" honest finish # udev hangs in it until then
	DRIVE=$stale
	proven purge 1
	answers 'map(select(.moment == "during" and .status == "running")) | length > 0' 1
	# By a command that is answered when it is over with it, the same adapter hides nothing.
	DRIVE=$hides
	as hides-status
	purge scsi-sanitize-crypto
	assert_exit 0
	proven
}

# However long it takes: that it does not say how far it is does not end the wait.
without_progress() {
	local file
	a_drive patient honest no-progress "erase-polls 8"
	purge scsi-sanitize-block
	assert_exit 0
	proven
	answers 'map(select(.moment == "during" and .status == "running" and .progress == -1)) | length > 0'
	answers 'map(.status) | index("succeeded") == null'
}

# ---- from one technique to the next ----

falls_back() {
	a_drive falls honest "denies crypto"
	purge scsi-sanitize-crypto scsi-sanitize-block
	assert_exit 0
	proven purge 1
	assert_json '.jobs | length == 2 and .[0].outcome == "failed"'
	assert_record "$(certificate_of 0)" failed
	assert_record "$(certificate_of 1)" proven
	assert_json 'any(.plan.candidates[]; .methods == "scsi-sanitize-crypto" and .why == "failed-before")' \
		"$(certificate_of 1)"
	# What it does not offer is not tried.
	as honest "lacks crypto"
	purge scsi-sanitize-crypto scsi-sanitize-block
	assert_exit 0
	assert_json '.jobs | length == 1'
	proven
	# And never to a lower level.
	as refuses
	purge scsi-sanitize-block
	assert_exit 1
	assert_json '.jobs | length == 1'
}

# ---- power ----

is_erasing() {
	model_log "$DRIVE" | grep -q '^command 48 a2'
}

# Kill haiki, and say which job it had begun: its progress names it.
kill_haiki() {
	kill -KILL "$PID"
	wait_haiki
	JOB=$(grep -o 'J[0-9]\{8\}-[0-9A-Z]*' "$CASE/err" | head -n 1)
	[ -n "$JOB" ] || fail "no job is named: $(cat "$CASE/err")"
}

# The drive loses its power in the middle and comes back: it goes on, and so does haiki.
drive_loses_power() {
	ANSWER_SECONDS=60 a_drive power honest "erase-ms 900000"
	policy purge scsi-sanitize-block
	start_haiki wipe run "$DRIVE" --serial HM-power --policy "$CASE/policy.json" --json
	until_true 60 is_erasing
	"$MODELS/scsi-drive-power" power off
	keeps_old_text
	TOOLS=$TOOLS "$MODELS/scsi-drive-power" power on
	tell_model "$DRIVE" finish
	wait_haiki
	assert_exit 0
	proven
}

# All lose it, and the drive goes on by itself as soon as it has power again. While it erases the
# kernel itself waits for it with every read, so that its node cannot even be opened; and when it is
# over, nobody can tell by SCSI how it ended: so it is done again.
power_cut() {
	ANSWER_SECONDS=60 a_drive cut honest "erase-ms 900000"
	policy purge scsi-sanitize-block
	start_haiki wipe run "$DRIVE" --serial HM-cut --policy "$CASE/policy.json" --json
	until_true 60 is_erasing
	kill_haiki
	"$MODELS/scsi-drive-power" cut off
	TOOLS=$TOOLS "$MODELS/scsi-drive-power" cut on
	sg_requests "$(generic)" 2>&1 | grep -qi 'sanitize in progress' || fail "it does not go on by itself"
	tell_model "$DRIVE" finish "erase-polls 3"
	until_true 20 is_erased "$DRIVE"
	udev_settle
	run_haiki wipe resume "$JOB" --json
	assert_exit 0
	proven
	assert_same 1 "$(model_log "$DRIVE" | grep -c '^command 48 a2')" "it was not begun again"
}

# ---- sectors of a storage array ----

other_sectors() {
	make_keys
	MODEL_MIB=4 DRIVE_WORDS="sector-bytes 520" make_model DRIVE array honest
	SERIALS[$DRIVE]=HM-array
	tell_model "$DRIVE" "erase-polls 3"
	purge scsi-sanitize-block
	assert_exit 3 4
	assert_json '.jobs[0].outcome == "refused" and (.jobs[0].error.what | contains("520-byte sectors"))'
	grep -q 'sg_format --format --size=512' "$CASE/err" || fail "it is not said what to do"
	holds_old_text "$DRIVE" || fail "it was touched"
	sg_format --format --size=512 --quick --early "$(generic)" >/dev/null 2>&1
	tell_model "$DRIVE" finish
	echo 1 >"/sys/block/${DRIVE##*/}/device/rescan"
	refill "$DRIVE"
	purge scsi-sanitize-block
	assert_exit 0
	proven
}

check "SANITIZE: crypto, block, overwrite of an honest drive are purge" each_technique
check_thoroughly "FORMAT UNIT and WRITE SAME are clear, and never purge" format_and_write_same
check_thoroughly "SANITIZE crypto, block, and overwriting by the host in one job" combined
check "verify media looks for the markers, or for what the drive was told to write" checked_again
check "a drive that refuses, is frozen, gives up, fails half-way: nothing is proven" refused_and_failed
check "a drive that says it erased, and kept everything" lies
check "a drive that only unmaps; one that needs a write before a read" only_unmapped
check "false success 3: no progress field ends the wait" without_progress
check "false success 11: an HBA that hides status; an old status; a hang at 40 %" silent_drives
check "a technique that is refused is followed by the next one, never by a lower level" falls_back
check "a drive that loses its power and comes back is followed" drive_loses_power
check_thoroughly "after a power cut an erasing that ended while nobody looked is done again" power_cut
check_thoroughly "520-byte sectors are refused with what to do, which helps" other_sectors
finish
