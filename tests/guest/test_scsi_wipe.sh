#!/bin/bash
# guest: --memory 768
# haiki on SCSI drives of ours (tests/drives) which are honest, fail, lie, vanish, hang, or are not the
# ones that were named: it proves what is true and nothing else.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

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

# A volatile cache that the drive does not admit to: the kernel flushes nothing, haiki does.
wipe_with_a_hidden_cache() {
	local drive
	make_keys
	make_model drive hides honest
	tell_model "$drive" hidden-cache
	wipe "$drive"
	assert_exit 0
	tell_model "$drive" lose-cache
	assert_proven "$drive"
	holds_no_old_text "$drive" || fail "it was proven, and a power loss brought the old text back"
	cmp <(medium_of "$drive") <(stream "$(certificate_of)" $((MODEL_MIB * MIB)))
}

# Neither the kernel nor udev is told of it: the drive itself is asked who it is.
wipe_of_one_that_changes_quietly() {
	local drive
	make_keys
	make_model drive quiet changes-quietly
	wipe "$drive"
	assert_exit 1
	assert_record "$(certificate_of)" failed
	assert_json '[.evidence[] | select(.kind == "closing")] | last | .same == 0 and
		.identity.serial == "HM-exchanged"' "$(certificate_of)"
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

check "haiki knows it by serial, WWN, model and capacity" haiki_knows_it
check "haiki proves a wipe of the honest drive" wipe_is_proven
check "haiki catches a cache that was lost" wipe_fails loses-cache
check "haiki catches writes that were not done" wipe_fails honest "drops 1048576 512"
check "haiki reports sectors that died" wipe_fails dies-at-sector
check "haiki certifies nothing of a drive that vanished, until it is back" wipe_of_one_that_vanishes
check "haiki sees that the serial changed during a wipe" wipe_of_one_that_changes
check "haiki flushes a cache that the drive hides" wipe_with_a_hidden_cache
check "haiki asks the drive itself whether it is still the same" wipe_of_one_that_changes_quietly
check "haiki refuses another drive than was named" wipe_of_another_drive
check "haiki does not touch a drive without a name" without_a_name
check "haiki shows and wipes a drive with a garbled name" with_a_garbled_name
check "haiki lists the others while one drive hangs" scan_goes_on
finish
