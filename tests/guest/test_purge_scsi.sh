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

# policy LEVEL COMBINATION…: what is tried, in this order.
policy() {
	local level=$1
	shift
	jq --null-input --arg level "$level" '{format: "haiki-policy", format_version: 1, name: "test",
		version: "1", source: "test", schemes: [], rules: [{zone: "*", media: "*",
		confidentiality: "*", level: $level, scheme: "random", verification: "full",
		methods: $ARGS.positional}]}' --args -- "$@" >"$CASE/policy.json"
}

# purge COMBINATION…: wipe the drive by the first of them that does.
purge() {
	policy purge "$@"
	wipe "$DRIVE" --policy "$CASE/policy.json"
}

# proven [LEVEL [INDEX]]: it is, by a record that checks, and it is true.
proven() {
	local file
	file=$(certificate_of "${2:-0}")
	assert_json ".jobs[${2:-0}].outcome == \"proven\""
	assert_json ".verdict.level == \"${1:-purge}\"" "$file"
	holds_no_old_text "$DRIVE" || fail "proven, and the old text is on the medium"
}

# not_proven OUTCOME REASON [INDEX]: a reason of the judge is REASON.
not_proven() {
	local file
	file=$(certificate_of "${3:-0}")
	assert_json ".jobs[${3:-0}].outcome == \"$1\""
	assert_json ".verdict.level == \"none\" and any(.verdict.reasons[]; .code == \"$2\")" "$file"
}

# answers FILTER: about the list of what the drive answered.
answers() {
	assert_json "[.evidence[] | select(.kind == \"answer\")] | $1" "$(certificate_of "${2:-0}")"
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

check "SANITIZE: crypto, block, overwrite of an honest drive are purge" each_technique
check "FORMAT UNIT and WRITE SAME are clear, and never purge" format_and_write_same
check "SANITIZE crypto, block, and overwriting by the host in one job" combined
finish
