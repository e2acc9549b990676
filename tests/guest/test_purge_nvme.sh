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

# not_proven OUTCOME REASON [INDEX]: a reason of the judge is REASON.
not_proven() {
	local file
	file=$(certificate_of "${3:-0}")
	assert_json ".jobs[${3:-0}].outcome == \"$1\""
	assert_json ".verdict.level == \"none\" and any(.verdict.reasons[]; .code == \"$2\")" "$file"
}

# answers FILTER [FILE]: about the list of what the drive answered.
answers() {
	assert_json "[.evidence[] | select(.kind == \"answer\")] | $1" "${2:-$(certificate_of)}"
}

controller_of() {
	echo "/dev/$(cat "/run/haiki-drives/${MODEL[$1]}/controller")"
}

# nvme-cli's word on the sanitize log: SPROG, SSTAT, SCDW10.
cli_log() {
	nvme sanitize-log "$(controller_of "$DRIVE")" --output-format=json |
		jq --raw-output '.[] | "\(.sprog) \(.sstat | if type == "object" then .status else . end) \(.cdw10_info)"'
}

honest() {
	a_drive honest honest
	purge nvme-sanitize-crypto
	proven
	cli_log
	assert_record "$(certificate_of)" proven
}

check "an honest drive" honest
finish
