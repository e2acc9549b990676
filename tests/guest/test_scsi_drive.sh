#!/bin/bash
# guest: --memory 768
# A SCSI drive of ours (tests/drives) answers the real kernel: other tools take it for a drive, and it
# plays each conduct. What haiki makes of it is in test_scsi_wipe.sh.
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
	sg_opcodes --opcode=0x48,2 "$drive" | grep -q 'is supported'
	smartctl -i "$drive" | grep -qi 'Serial number: *HM-believed'
	udevadm info --query=property --name="$drive" | grep -q '^ID_SCSI_SERIAL=HM-believed\|^ID_SERIAL'
	contents "$drive" | cmp - <(old_contents $((MODEL_MIB * MIB)))
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
	until_true 20 is_erased "$drive"
	status_says "$drive" "No Sense"
	contents "$drive" | cmp - <(ff_bytes $((MODEL_MIB * MIB)))
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
	until_true 20 is_erased "$drive"

	refill "$drive"
	tell_model "$drive" fails-halfway
	start_sanitize "$drive"
	until_true 20 status_says "$drive" "Sanitize command failed"
	[[ $(sense "$drive" "${READ_ONE[@]}") == *"Sanitize command failed"* ]]
	cmp -s <(medium_of "$drive" | tail -c $half) <(old_contents $((2 * half)) | tail -c $half)
	[[ $(sense "$drive" "${EXIT_FAILURE[@]}") == *"Invalid field in cdb"* ]] ||
		fail "it was started without AUSE"
	[ -z "$(sense "$drive" 48 a2 00 00 00 00 00 00 00 00)" ]
	until_true 20 status_says "$drive" "Sanitize command failed"
	[ -z "$(sense "$drive" "${EXIT_FAILURE[@]}")" ]
	[ -z "$(sense "$drive" 00 00 00 00 00 00)" ]

	tell_model "$drive" hides-status "erase-ms 900000"
	start_sanitize "$drive"
	status_says "$drive" "No Sense" || fail "it was to hide its status"
	! is_erased "$drive" || fail "it was to take its time"
	tell_model "$drive" finish
	until_true 20 is_erased "$drive"
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
	until_true 20 is_erased "$drive"
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

check "other tools take it for a drive" others_believe_it
check "SANITIZE shows progress, and reads are refused meanwhile" sanitize_with_progress
check "SANITIZE by key and by pattern, FORMAT UNIT" sanitize_kinds
check "SANITIZE: a lie, refused, frozen, a hang, failed, no status" conducts
check "UNMAP leaves the bytes on the medium" unmap_is_no_erasure
check "a drive that needs a write after SANITIZE" needs_write
check "a drive locked by TCG" locked_by_tcg
finish
