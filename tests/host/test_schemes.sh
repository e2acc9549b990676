#!/bin/bash
# Named overwrite schemes and the policy's own: what lies on the drive at the end.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

BYTES=$((MIB + 512))

# scheme NAME PASSES: run it, and count the passes on the certificate.
scheme() {
	local device
	make_keys
	make_drive device $BYTES
	wipe "$device" --scheme "$1"
	assert_exit 0
	assert_proven "$device"
	assert_json ".plan.scheme == \"$1\" and (.plan.scheme_origin | length > 0)" "$(certificate_of)"
	assert_json "[.plan.steps[] | select(.method == \"overwrite\")] | length == $2" "$(certificate_of)"
}

constant() {
	scheme "$1" 1
	local device=${!BACKING[*]}
	[ -z "$(contents "$device" | tr -d "$2" | head -c 1)" ] || fail "not all bytes are $2"
}

own_policy() {
	local device
	make_keys
	make_drive device $BYTES
	cat >"$CASE/policy.json" <<-'P'
	{"format":"haiki-policy","format_version":1,"name":"our-own","version":"7","source":"test",
	"rules":[{"zone":"*","media":"*","confidentiality":"*","level":"clear","scheme":"three",
	"verification":"full"}],
	"schemes":[{"name":"three","title":"Three","origin":"test","passes":[
	{"pattern":{"kind":"random"},"read_back":0},
	{"pattern":{"kind":"periodic","period":"92492424924949"},"read_back":1},
	{"pattern":{"kind":"periodic","period":"48414b49"},"read_back":0}]}]}
	P
	wipe "$device" --policy "$CASE/policy.json"
	assert_exit 0
	assert_proven "$device"
	assert_json '.reason.policy.name == "our-own" and .reason.policy.version == "7"' "$(certificate_of)"
	assert_same "$(sha256sum <"$CASE/policy.json" | cut -d ' ' -f 1)" \
		"$(jq --raw-output .reason.policy.sha256 "$(certificate_of)")" "the policy's digest"
	contents "$device" | head -c 8 | grep -q HAKIHAKI
}

unknown_scheme() {
	local device before
	make_keys
	make_drive device $MIB
	before=$(digest_of "$device")
	wipe "$device" --scheme no-such-scheme
	assert_exit 2
	assert_same "$before" "$(digest_of "$device")"
}

check "zero" constant zero '\000'
check "one" constant one '\377'
check "random" scheme random 1
check "dod-5220.22-m-short" scheme dod-5220.22-m-short 3
check "dod-5220.22-m" scheme dod-5220.22-m 7
check "hmg-is5-enhanced" scheme hmg-is5-enhanced 3
check "schneier" scheme schneier 7
check "gutmann" scheme gutmann 35
check "a scheme of the policy's own" own_policy
check "an unknown scheme is a usage error and nothing is touched" unknown_scheme
finish
