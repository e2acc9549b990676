#!/bin/bash
# guest: --memory 768
# Which method is taken of the policy's order, and what is tried after one that did not work: never
# less than the level that is due, and each with a record of its own.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

MODEL_MIB=2

# a_drive NAME CONDUCT: DRIVE, with keys to sign what becomes of it.
a_drive() {
	make_keys
	make_model DRIVE "$1" "$2"
	SERIALS[$DRIVE]=HM-$1
	tell_model "$DRIVE" "erase-polls 1"
}

# candidate METHODS FILTER [FILE]: about one of the methods that were weighed.
candidate() {
	assert_json "any(.plan.candidates[]; .methods == \"$1\" and ($2))" "$3"
}

every_method_is_weighed() {
	a_drive weighed honest
	policy purge nvme-sanitize-crypto overwrite scsi-sanitize-crypto scsi-sanitize-block+overwrite
	run_haiki wipe plan "$DRIVE" --policy "$CASE/policy.json" --json
	assert_exit 0
	jq '.targets[0]' "$CASE/out" >"$CASE/target"
	assert_json '[.plan.candidates[].why] == ["not-supported", "level-too-low", "chosen", "not-needed"]' \
		"$CASE/target"
	assert_json '[.plan.candidates[].level] == ["purge", "clear", "purge", "purge"]' "$CASE/target"
	assert_json '.allowed == 1 and .plan.level == "purge"' "$CASE/target"
	run_haiki wipe plan "$DRIVE" --policy "$CASE/policy.json" --method scsi-sanitize-block+overwrite --json
	assert_exit 0
	assert_json '[.targets[0].plan.candidates[] | select(.chosen == 1).methods] == ["scsi-sanitize-block+overwrite"]'
	run_haiki wipe plan "$DRIVE" --policy "$CASE/policy.json" --method scsi-sanitize-block --json
	assert_exit 3
	assert_json '.targets[0].plan_error.code == "method-not-in-policy"'
	run_haiki wipe plan "$DRIVE" --policy "$CASE/policy.json" --method overwrite --json
	assert_exit 4
	assert_json '.targets[0].plan_error.code == "level-not-reachable"'
	holds_old_text "$DRIVE" || fail "planning has touched it"
}

the_next_one_is_tried() {
	a_drive next refuses
	policy clear scsi-format-unit overwrite
	wipe "$DRIVE" --policy "$CASE/policy.json"
	assert_exit 0
	assert_json '[.jobs[].outcome] == ["failed", "proven"] and [.jobs[].exit_code] == [1, 0]'
	assert_json '.jobs[0].fall_back_of == "" and .jobs[1].fall_back_of == .jobs[0].job'
	candidate scsi-format-unit '.chosen == 1' "$(certificate_of 0)"
	candidate scsi-format-unit '.chosen == 0 and .why == "failed-before"' "$(certificate_of 1)"
	candidate overwrite '.chosen == 1' "$(certificate_of 1)"
	assert_record "$(certificate_of 0)" failed
	assert_record "$(certificate_of 1)" proven
	assert_json '.verdict.level == "clear"' "$(certificate_of 1)"
	holds_no_old_text "$DRIVE" || fail "proven, and the old text is on the medium"
}

the_level_is_not_lowered() {
	a_drive liar lies-success
	policy purge scsi-sanitize-crypto scsi-sanitize-block+overwrite scsi-sanitize-overwrite overwrite
	wipe "$DRIVE" --policy "$CASE/policy.json"
	assert_exit 1
	assert_json '[.jobs[].outcome] == ["failed", "failed", "failed"]'
	assert_json '.jobs[2].error.next | test("scsi-sanitize-crypto, scsi-sanitize-block, scsi-sanitize-overwrite")'
	assert_json 'all(.jobs[]; .level == "none" and .certificate != "")'
	candidate overwrite '.why == "level-too-low"' "$(certificate_of 2)"
	candidate scsi-sanitize-block+overwrite '.why == "failed-before"' "$(certificate_of 2)"
}

check "every method of the order is weighed, and the operator chooses among them" every_method_is_weighed
check "where a drive refuses a method the next one is tried, and proven" the_next_one_is_tried
check "where no method is left that reaches the level, that is the end" the_level_is_not_lowered
finish
