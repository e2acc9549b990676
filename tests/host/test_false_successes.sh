#!/bin/bash
# The ways in which others report a false success, by the numbers of our list of them; each is shown
# not to be one of ours. Numbers 3 and 11 need a SCSI drive: ../guest/test_purge_scsi.sh.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults.sh"

SIZE=$((4 * MIB))

# The drive takes the job's time and gives nothing back.
no_answer() {
	local device
	make_keys
	configure "[engine]" "stall = 2"
	make_faulty device $SIZE
	begin_slowly "$device" --rate 2M
	tell "$device" hangs-all
	wait_for_result 40
	assert_json '.jobs[0].outcome == "failed"'
	tell "$device" honest
	wait_haiki
	assert_exit 1
}

last_sector() {
	local device file sector=$1
	make_keys
	make_faulty device $((SIZE + sector)) "$sector"
	SERIAL=$(serial_of "$device")
	tell "$device" "unreadable $SIZE $sector"
	run_haiki wipe run "$device" --serial "$SERIAL" --json
	assert_failed
	assert_same "$SIZE+$sector" "$(bad_ranges "$(certificate_of)" unreadable)"
}

last_sector_kept() {
	local device
	make_keys
	make_faulty device $((SIZE + 512))
	tell "$device" "drops $SIZE 512"
	wipe "$device"
	assert_failed
	assert_same "$SIZE+512" "$(bad_ranges "$(certificate_of)" mismatch)"
	still_old "$device" $SIZE 512
}

skipped_drive() {
	local a b
	make_keys
	make_drive a $MIB
	make_drive b $MIB
	mkdir "$CASE/mount"
	mkfs.ext4 -q -F "$b"
	mount -o ro "$b" "$CASE/mount"
	run_haiki wipe run "$a" "$b" --serial "$(serial_of "$a")" --serial "$(serial_of "$b")" --json
	assert_exit 6
	assert_proven "$a" 0
	assert_json '.jobs[1].outcome == "refused"'
	assert_record "$(certificate_of 1)" refused
}

flush_ignored() {
	local device
	make_keys
	make_faulty device $SIZE
	tell "$device" flush-fails
	wipe "$device"
	assert_failed
}

errors_in_the_log_only() {
	local device
	make_keys
	make_faulty device $SIZE
	tell "$device" "unwritable 512 512"
	wipe "$device"
	assert_failed
	SERIAL=$(serial_of "$device")
	tell "$device" honest "unwritable 512 512"
	run_haiki wipe run "$device" --serial "$SERIAL"
	assert_exit 1
	head -n 5 "$CASE/out" | grep -qi 'not proven' || grep -qi 'not proven' "$CASE/out" ||
		fail "the person is not told: $(cat "$CASE/out")"
}

silent_fall_back() {
	local device
	make_keys
	make_drive device $MIB
	wipe "$device" --level purge
	assert_exit 4
	cmp "${BACKING[$device]}" <(old_contents $MIB)
	wipe "$device" --level destroy
	assert_exit 4
	cmp "${BACKING[$device]}" <(old_contents $MIB)
}

# A drive that acknowledges everything and does nothing.
keeps_everything() {
	local device
	make_keys
	make_faulty device $SIZE
	tell "$device" drops-all
	wipe "$device"
	assert_failed
	still_old "$device" 0 $SIZE
	assert_same "0+$SIZE" "$(bad_ranges "$(certificate_of)" mismatch)"
}

# A second LUKS2 header: on an image made by hand, as cryptsetup need not be there.
second_header() {
	local device
	need sqlite3
	make_keys
	make_faulty device $((8 * MIB))
	# The magic of a secondary LUKS2 header at 16 KiB, kept by a drive that drops that sector's
	# write: the residue scan or the read-back must name it.
	printf 'SKUL\xba\xbe\0\2' | dd of="${BACKING[$device]}" bs=1 seek=16384 conv=notrunc status=none
	SERIAL=$(serial_of "$device")
	tell "$device" "drops 16384 4096"
	run_haiki wipe run "$device" --serial "$SERIAL" --json
	assert_failed
	assert_same "16384+4096" "$(bad_ranges "$(certificate_of)" mismatch)"
}

# However the run is asked for, the read-back takes place.
verification_stays() {
	local device options
	make_keys
	for options in "--scheme zero" "--scheme gutmann" "--rate 64M" "--verify full" "--scheme dod-5220.22-m"; do
		make_drive device $MIB
		# shellcheck disable=SC2086
		wipe "$device" $options
		assert_exit 0
		assert_json ".verdict.verification == \"full\" and .verdict.bytes_read_back == $MIB" \
			"$(certificate_of)"
	done
}

# /proc is not what it should be: the guard cannot look, so it refuses.
unreadable_mount_table() {
	local device before serial
	need unshare
	make_keys
	make_drive device $MIB
	serial=$(serial_of "$device")
	before=$(digest_of "$device")
	assert_command_is_safe wipe run "$device"
	STATUS=0
	# shellcheck disable=SC2016,SC2046
	unshare --mount --propagation private sh -c 'mount -t tmpfs tmpfs /proc && exec "$@"' sh \
		"$HAIKI" wipe run "$device" --serial "$serial" --json $(haiki_settings) \
		>"$CASE/out" 2>"$CASE/err" </dev/null || STATUS=$?
	[ "$STATUS" -ne 0 ] || fail "without /proc it ran"
	assert_same "$before" "$(digest_of "$device")" "without /proc it wrote"
}

check "false success 1: no answer counted as success" no_answer
check "false success 4: the last sector is never read, 512" last_sector 512
check "false success 4: the last sector is never read, 4096" last_sector 4096
check "false success 4: the last sector is never compared" last_sector_kept
check "false success 5: a drive of many is skipped and the run ends normally" skipped_drive
check "false success 6: the flush's result is ignored" flush_ignored
check "false success 8: errors logged, summary says erased" errors_in_the_log_only
check "false success 9: silent fall-back to a lower level" silent_fall_back
check "false success 10: a drive that acknowledges and keeps everything" keeps_everything
check "false success 12: a secondary LUKS2 header is left" second_header
check "false success 13: verification skipped because of another option" verification_stays
check "false success 14: an unreadable mount table means not in use" unreadable_mount_table
finish
