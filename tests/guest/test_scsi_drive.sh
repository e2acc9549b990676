#!/bin/bash
# guest: --memory 768
# A SCSI drive of ours (tests/drives) answers the real kernel: other tools take it for a drive, it
# plays each conduct, and haiki proves what is true and nothing else.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# The drive's generic node: the kernel and udev look at a disk again when its node was open for
# writing, and their reads wait until a SANITIZE has ended.
generic() {
	echo /dev/"$(ls "/sys/block/${1##*/}/device/scsi_generic")"
}

# sense DEVICE BYTE…: send a command, print key and code of the answer as the drive gave them, ""
# when it was good.
sense() {
	local device
	device=$(generic "$1")
	shift
	sg_raw --request=512 --binary "$device" "$@" 2>&1 >/dev/null | grep -iE 'sense key|additional sense|^ *Additional' |
		sed 's/.*: *//' | tr '\n' '/'
}

# What REQUEST SENSE says.
requests() {
	sg_requests "$(generic "$1")" 2>&1 | sed 's/.*Sense key: *//; s/^Additional sense: *//' | tr '\n' '/'
}

SANITIZE_BLOCK=(48 82 00 00 00 00 00 00 00 00)
EXIT_FAILURE=(48 1f 00 00 00 00 00 00 00 00)
READ_ONE=(28 00 00 00 00 00 00 00 01 00)

start_sanitize() {
	[ -z "$(sense "$1" "${SANITIZE_BLOCK[@]}")" ] || fail "SANITIZE was refused"
}

status_says() {
	[[ $(requests "$1") == *$2* ]]
}

others_believe_it() {
	local drive
	need sg_inq sg_readcap smartctl
	make_model drive believed honest
	sg_inq "$drive" | grep -q 'Unit serial number: HM-believed'
	sg_vpd --page=di "$drive" | grep -q "$(cat "/sys/block/${drive##*/}/device/wwid" | sed 's/naa./0x/')"
	sg_readcap --16 "$drive" | grep -q 'Number of logical blocks=32768'
	sg_opcodes --opcode=0x48 "$drive" | grep -q 'is supported'
	smartctl -i "$drive" | grep -qi 'Serial number: *HM-believed'
	udevadm info --query=property --name="$drive" | grep -q '^ID_SCSI_SERIAL=HM-believed\|^ID_SERIAL'
	contents "$drive" | cmp - <(old_contents $((MODEL_MIB * MIB)))
}

haiki_knows_it() {
	local drive
	make_model drive known honest
	run_haiki inventory scan --json
	assert_exit 0
	assert_json '.drives | length == 1'
	assert_json ".drives[0] | .native.bytes == $((MODEL_MIB * MIB)) and .native.source == \"scsi-read-capacity\""
	assert_json '.drives[0].identity | .serial == "HM-known" and .transport == "scsi" and
		.vendor == "HAIKI" and .model == "MODEL SAS DRIVE" and (.wwn | startswith("naa.5fac0de"))'
}

sanitize_with_progress() {
	local drive
	make_model drive sanitized honest
	tell_model "$drive" "erase-ms 900000"
	start_sanitize "$drive"
	[[ $(requests "$drive") == *"sanitize in progress"* ]]
	sg_requests --progress --num=1 "$(generic "$drive")" | grep -q 'Progress indication: [0-9]'
	[[ $(sense "$drive" "${READ_ONE[@]}") == *"sanitize in progress"* ]] || fail "it could be read meanwhile"
	holds_old_text "$drive" || fail "erased before its time"
	tell_model "$drive" finish
	until_true 20 is_zeroed "$drive"
	status_says "$drive" "No Sense"
	contents "$drive" | cmp -n $((MODEL_MIB * MIB)) - /dev/zero
}

sanitize_kinds() {
	local drive
	make_model drive kinds honest
	tell_model "$drive" "erase-ms 50"
	sg_sanitize --quick --early --crypto "$(generic "$drive")" >/dev/null
	until_true 20 holds_no_old_text "$drive"
	! is_zeroed "$drive" || fail "another key does not give zeros"
	printf 'AB' >"$CASE/pattern"
	sg_sanitize --quick --early --overwrite --pattern="$CASE/pattern" "$(generic "$drive")" >/dev/null
	until_true 20 sh -c "tr -d AB <'$CASE/kinds.medium' | cmp -s - /dev/null"
	sg_format --format --quick --early "$(generic "$drive")" >/dev/null
	until_true 20 is_zeroed "$drive"
}

# What SANITIZE says, and what is really on the medium, conduct by conduct.
conducts() {
	local drive node half=$((MODEL_MIB * MIB / 2))
	make_model drive conducts lies-success
	node=$(generic "$drive")
	tell_model "$drive" "erase-ms 900000"
	start_sanitize "$drive"
	status_says "$drive" "sanitize in progress" || fail "a good liar makes progress"
	tell_model "$drive" finish
	until_true 20 status_says "$drive" "No Sense"
	holds_old_text "$drive" || fail "the liar erased"

	tell_model "$drive" refuses
	[[ $(sense "$drive" "${SANITIZE_BLOCK[@]}") == *"Invalid field in cdb"* ]]
	tell_model "$drive" frozen
	[[ $(sense "$drive" "${SANITIZE_BLOCK[@]}") == *"Write protected"* ]]

	tell_model "$drive" hangs-at-40 "erase-ms 50"
	start_sanitize "$drive"
	until_true 20 sh -c "sg_requests --progress --num=1 $node | grep -q 'indication: \(40.00\|39.99\)%'"
	holds_old_text "$drive" || fail "refused, frozen and hanging drives erased"
	tell_model "$drive" honest
	until_true 20 is_zeroed "$drive"

	refill "$drive"
	tell_model "$drive" fails-halfway
	start_sanitize "$drive"
	until_true 20 status_says "$drive" "Sanitize command failed"
	[[ $(sense "$drive" "${READ_ONE[@]}") == *"Sanitize command failed"* ]]
	cmp -s <(medium_of "$drive" | tail -c $half) <(old_contents $((2 * half)) | tail -c $half)
	[ -z "$(sense "$drive" "${EXIT_FAILURE[@]}")" ]
	[ -z "$(sense "$drive" 00 00 00 00 00 00)" ]

	tell_model "$drive" hides-status "erase-ms 900000"
	start_sanitize "$drive"
	status_says "$drive" "No Sense" || fail "it was to hide its status"
	! is_zeroed "$drive" || fail "it was to take its time"
	tell_model "$drive" finish
	until_true 20 is_zeroed "$drive"
}

unmap_is_no_erasure() {
	local drive
	make_model drive unmapped unmaps-only
	blkdiscard "$drive"
	contents "$drive" | cmp -n $((MODEL_MIB * MIB)) - /dev/zero
	holds_old_text "$drive" || fail "UNMAP touched the medium"
	tell_model "$drive" remap
	contents "$drive" | cmp - <(old_contents $((MODEL_MIB * MIB)))
	tell_model "$drive" "erase-ms 50"
	start_sanitize "$drive"
	until_true 20 sh -c "dd if=$drive bs=1M iflag=direct status=none | cmp -s -n $((MODEL_MIB * MIB)) - /dev/zero"
	holds_old_text "$drive"
}

needs_write() {
	local drive
	make_model drive writes needs-write
	tell_model "$drive" "erase-ms 50"
	start_sanitize "$drive"
	until_true 20 is_zeroed "$drive"
	[[ $(sense "$drive" "${READ_ONE[@]}") == *"Medium Error"* ]]
	dd if=/dev/zero of="$drive" bs=1M count=$MODEL_MIB oflag=direct status=none
	[ -z "$(sense "$drive" 28 00 00 00 00 00 00 00 00 00)" ]
	contents "$drive" | cmp -n $((MODEL_MIB * MIB)) - /dev/zero
}

locked_by_tcg() {
	local drive
	make_model drive locked locked
	[[ $(sense "$drive" "${READ_ONE[@]}") == *"Access denied"* ]]
	sg_raw --request=512 --binary "$(generic "$drive")" a2 01 00 01 80 00 00 00 00 01 00 00 2>/dev/null |
		od -A n -t x1 | tr -d ' \n' | grep -q '0002100c0f' || fail "level 0 discovery does not say locked"
}

wipe_is_proven() {
	local drive
	make_keys
	make_model drive wiped honest
	wipe "$drive"
	assert_exit 0
	assert_proven "$drive"
	holds_no_old_text "$drive"
	cmp <(medium_of "$drive") <(stream "$(certificate_of)" $((MODEL_MIB * MIB)))
}

# wipe_fails CONDUCT [LINE…]: what the drive did not do is not certified.
wipe_fails() {
	local drive conduct=$1
	shift
	make_keys
	make_model drive liar "$conduct"
	[ $# -eq 0 ] || tell_model "$drive" "$@"
	wipe "$drive"
	assert_exit 1
	assert_json '.jobs[0].outcome == "failed"'
	assert_record "$(certificate_of)" failed
	medium_of "$drive" | grep -qF "$OLD_TEXT"
}

# It falls silent in the middle, the kernel takes it away, and later it is back with what it had:
# that is another job.
wipe_of_one_that_vanishes() {
	local drive
	make_keys
	ANSWER_SECONDS=1 make_model drive gone vanishes
	start_haiki wipe run "$drive" --serial HM-gone --json
	until_true 60 sh -c "'$MODELS/drive-tell' --log gone | grep -qx gone"
	"$MODELS/scsi-drive-down" --pull gone
	wait_haiki
	assert_exit 1
	assert_record "$(certificate_of)" failed
	assert_json '[.evidence[] | select(.kind == "finished")] | last | .result == "vanished"' \
		"$(certificate_of)"
	"$MODELS/scsi-drive-down" gone
	bring_up drive scsi-drive-up gone honest
	medium_of "$drive" | grep -qF "$OLD_TEXT"
	wipe "$drive"
	assert_exit 0
	assert_proven "$drive"
	holds_no_old_text "$drive"
}

wipe_of_one_that_changes() {
	local drive
	make_keys
	make_model drive changes changes-serial
	wipe "$drive"
	assert_exit 1
	assert_json '.jobs[0].outcome != "proven"'
	model_log "$drive" | grep -q '^command 12 01 80' || fail "the kernel did not ask again"
}

# Between the plan that a person read and the claim another drive came under the name.
wipe_of_another_drive() {
	local drive
	make_keys
	make_model drive first honest
	tell_model "$drive" "name second"
	run_haiki wipe run "$drive" --serial HM-first --json
	assert_exit 3
	holds_old_text "$drive"
}

without_a_name() {
	local drive
	make_keys
	make_model drive nameless empty-serial
	run_haiki inventory scan --json
	assert_json '.drives[0] | .id == "" and (.note | contains("neither serial nor WWN"))'
	run_haiki wipe run "$drive" --serial "" --json
	[ "$STATUS" -ne 0 ]
	holds_old_text "$drive"
}

with_a_garbled_name() {
	local drive
	make_keys
	make_model drive garbled garbled-serial
	run_haiki inventory scan
	! LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]' "$CASE/out" || fail "control bytes reach the terminal"
	run_haiki inventory scan --json
	assert_json '.drives[0].identity.serial | test("^[[:print:]]+$")'
	wipe "$drive"
	assert_exit 0
	assert_record "$(certificate_of)" proven
}

# One drive hangs while it is read, another is slow; all are listed all the same.
scan_goes_on() {
	local hung slow before
	make_model slow hesitates honest
	ANSWER_SECONDS=0 make_model hung silent honest
	tell_model "$hung" "hangs 0 0"
	tell_model "$slow" long-probe
	before=$SECONDS
	run_haiki inventory scan --json
	[ $((SECONDS - before)) -lt 120 ] || fail "it held up the scan for $((SECONDS - before)) s"
	assert_json '[.drives[] | select(.identity.serial == "HM-hesitates" and .note == "")] | length == 1'
	assert_json '[.drives[] | select(.identity.serial == "HM-silent" and (.note | contains("has not answered")))] |
		length == 1'
	tell_model "$hung" release
}

check "other tools take it for a drive" others_believe_it
check "haiki knows it by serial, WWN, model and capacity" haiki_knows_it
check "SANITIZE shows progress, and reads are refused meanwhile" sanitize_with_progress
check "SANITIZE by key and by pattern, FORMAT UNIT" sanitize_kinds
check "SANITIZE: a lie, refused, frozen, a hang, failed, no status" conducts
check "UNMAP leaves the bytes on the medium" unmap_is_no_erasure
check "a drive that needs a write after SANITIZE" needs_write
check "a drive locked by TCG" locked_by_tcg
check "haiki proves a wipe of the honest drive" wipe_is_proven
check "haiki catches a cache that was lost" wipe_fails loses-cache
check "haiki catches writes that were not done" wipe_fails honest "drops 1048576 512"
check "haiki reports sectors that died" wipe_fails dies-at-sector
check "haiki certifies nothing of a drive that vanished, until it is back" wipe_of_one_that_vanishes
check "haiki sees that the serial changed during a wipe" wipe_of_one_that_changes
check "haiki refuses another drive than was named" wipe_of_another_drive
check "haiki does not touch a drive without a name" without_a_name
check "haiki shows and wipes a drive with a garbled name" with_a_garbled_name
check "haiki lists the others while one drive hangs" scan_goes_on
finish
