#!/bin/bash
# Custody and legal holds with the real binary: a drive leaves only with its proof, and it takes two people
# to lift a hold. People are login uids, as the kernel keeps them behind sudo.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

SIZE=$((2 * MIB))
NOBODY=4294967295 # no login uid: a service
MUNICIPAL=$REPOSITORY/packaging/policy-municipal.json

# as UID WORD…: run haiki as the person with this login uid.
as() {
	local WRAPPER=$CASE/as-$1
	cat >"$WRAPPER" <<-END
		#!/bin/sh
		echo $1 >/proc/self/loginuid && exec "\$@"
	END
	chmod 755 "$WRAPPER"
	shift
	run_haiki "$@"
}

need_people() {
	sh -c 'echo 1234567 >/proc/self/loginuid && [ "$(cat /proc/self/loginuid)" = 1234567 ]' 2>/dev/null ||
		skip "this kernel lets nobody change a login uid: no two people can be played"
}

# scanned VARIABLE: a drive that the inventory knows; SERIAL is its serial.
scanned() {
	make_drive "$1" $SIZE
	SERIAL=$(serial_of "${!1}")
	run_haiki inventory scan --json
	assert_exit 0
}

# custody STATE [WORD…]: of the drive SERIAL, as JSON.
custody() {
	local state=$1
	shift
	run_haiki inventory custody "$SERIAL" "$state" --reason test --json "$@"
}

# refuses CODE EXIT STATE [WORD…]: custody stays as it is.
refuses() {
	local code=$1 status=$2 before
	shift 2
	before=$(custody_now)
	custody "$@"
	assert_exit "$status"
	assert_code "$code"
	assert_json '.error.next != ""'
	assert_same "$before" "$(custody_now)" "custody changed"
}

# What the inventory says; the output of the run before stays.
custody_now() {
	# shellcheck disable=SC2046
	"$HAIKI" inventory show "$SERIAL" --json $(haiki_settings) 2>/dev/null | jq --raw-output '.drives[0].custody'
}

# becomes STATE [WORD…]
becomes() {
	custody "$@"
	assert_exit 0
	assert_json ".to == \"$1\""
	assert_same "$1" "$(custody_now)" "custody"
}

# ---- custody ----

the_way_out() {
	local device certificate
	make_keys
	scanned device
	assert_same in-service "$(custody_now)"
	refuses custody-order 3 disposed --receiver "Scrap Ltd"
	grep -q 'quarantined, sanitizing, failed' "$CASE/err" || fail "what may follow is not named"
	run_haiki inventory custody "$SERIAL" quarantined --json
	assert_exit 2
	assert_code custody-incomplete
	becomes quarantined --ticket T-1 --rack R1 --slot 4
	becomes sanitizing
	refuses release-no-proof 3 sanitized
	grep -q "haiki wipe run $SERIAL" "$CASE/err" || fail "the next command is not named"
	becomes quarantined

	wipe "$device" --ticket T-2
	assert_exit 0
	assert_proven "$device"
	certificate=$(jq --raw-output '.jobs[0].certificate' "$CASE/out")
	assert_same sanitized "$(custody_now)" "after a proven wipe"
	refuses custody-incomplete 2 disposed
	becomes disposed --receiver "Scrap Ltd" --ticket T-3
	assert_json ".certificate == \"$certificate\""
	refuses custody-order 3 reused
	becomes quarantined # it came back
	run_haiki inventory history "$SERIAL" --json
	assert_json '[.events[] | select(.action == "custody") | .detail.to] ==
		["quarantined", "sanitizing", "quarantined", "sanitizing", "sanitized", "disposed", "quarantined"]'
	assert_json '.events[0].action == "seen"'
	assert_json '[.events[] | select(.ticket == "T-2")] | length == 1'
	assert_json ".events[] | select(.detail.to == \"disposed\") |
		.detail.receiver == \"Scrap Ltd\" and .ticket == \"T-3\" and .reason == \"test\" and
		.detail.certificate == \"$certificate\" and .detail.rack == \"R1\" and .detail.slot == \"4\""
	run_haiki inventory show "$SERIAL" --json
	assert_json '.drives[0] | .rack == "" and .slot == ""'
}

back_in_service() {
	local device old
	make_keys
	scanned device
	wipe "$device"
	assert_exit 0
	old=$(jq --raw-output '.jobs[0].certificate' "$CASE/out")
	becomes reused
	becomes in-service
	becomes quarantined
	becomes sanitizing
	refuses release-before-service 3 sanitized
	refuses release-before-service 3 sanitized --certificate "$old"
	wipe "$device"
	assert_exit 0
	assert_same sanitized "$(custody_now)"
	refuses release-before-service 3 returned --receiver Vendor --certificate "$old"
	becomes returned --receiver Vendor
}

used_since() {
	local device
	need mkfs.ext4
	make_keys
	scanned device
	wipe "$device"
	assert_exit 0
	mkfs.ext4 -q -F "$device"
	run_haiki inventory scan
	refuses release-in-use 3 disposed --receiver "Scrap Ltd"
}

# A byte that no scan would notice: the reading back says so, and it counts.
differs_since() {
	local device file
	make_keys
	scanned device
	wipe "$device"
	assert_exit 0
	file=$(certificate_of)
	run_haiki verify media "$device" --certificate "$file" --trust "$STATE/keys/ca.crt"
	assert_exit 0
	printf X | dd of="${BACKING[$device]}" bs=1 seek=70000 conv=notrunc status=none
	run_haiki verify media "$device" --certificate "$file" --trust "$STATE/keys/ca.crt"
	assert_exit 1
	grep -q 'does so no longer' "$CASE/err" || fail "it is not said: $(cat "$CASE/err")"
	refuses release-before-service 3 disposed --receiver "Scrap Ltd"
	wipe "$device"
	assert_exit 0
	becomes disposed --receiver "Scrap Ltd"
	# Who has no inventory gets none.
	STATUS=0
	"$HAIKI" verify media "$device" --certificate "$file" --trust "$STATE/keys/ca.crt" \
		--state "$CASE/nowhere" >"$CASE/out" 2>"$CASE/err" || STATUS=$?
	assert_exit 1
	[ ! -e "$CASE/nowhere" ] || fail "an auditor's host got a store"
}

level_of_the_zone() {
	local device
	make_keys
	scanned device
	run_haiki inventory label "$SERIAL" --zone municipal --asset-number A-1 --json
	assert_exit 0
	wipe "$device"
	assert_exit 0
	refuses release-level 3 disposed --receiver "Scrap Ltd" --policy "$MUNICIPAL"
	grep -q purge "$CASE/err" || fail "the level that is due is not named"
	# Another zone takes more than the policy's level for its own.
	refuses release-level 3 reused --to-zone private
	becomes disposed --receiver "Scrap Ltd"
}

# What was asked for at the wipe does not count, but what the drive served.
zone_said_otherwise() {
	local device
	make_keys
	configure "[policy]" "file = $MUNICIPAL"
	scanned device
	run_haiki inventory label "$SERIAL" --zone municipal
	assert_exit 0
	wipe "$device" --zone private
	assert_exit 0
	assert_proven "$device"
	assert_same sanitizing "$(custody_now)" "the clear certificate of a municipal drive"
	refuses release-level 3 sanitized
	run_haiki inventory label "$SERIAL" --zone private --json
	assert_exit 3
	assert_code zone-set
	run_haiki inventory label "$SERIAL" --zone private --reason "typed wrongly" --json
	assert_exit 0
	refuses release-level 3 sanitized
	becomes failed
	run_haiki inventory custody "$SERIAL" destroyed --reason test --json
	assert_exit 2
	becomes destroyed --witness "B. Person, shredder 2"
	refuses custody-order 3 quarantined
}

other_issuer() {
	local device
	make_keys
	scanned device
	wipe "$device"
	assert_exit 0
	mv "$STATE/keys" "$CASE/old-keys"
	make_keys
	refuses release-certificate 3 disposed --receiver "Scrap Ltd"
	becomes disposed --receiver "Scrap Ltd" --trust "$CASE/old-keys/ca.crt"
}

failed_wipe() {
	local device
	make_keys
	make_faulty device $SIZE
	SERIAL=$(serial_of "$device")
	tell "$device" "unwritable $MIB 512"
	run_haiki wipe run "$device" --serial "$SERIAL" --json
	assert_exit 1
	assert_same failed "$(custody_now)"
	becomes sanitizing
	refuses release-not-proven 3 sanitized
}

slot() {
	local device other
	make_keys
	scanned device
	run_haiki inventory place "$SERIAL" --site tokyo --rack R1 --slot 4 --json
	assert_exit 0
	make_drive other $SIZE
	run_haiki inventory scan --json
	run_haiki inventory place "$(serial_of "$other")" --site tokyo --rack R1 --slot 4 --json
	assert_exit 3
	assert_code slot-taken
	for word in R1/4 tokyo/R1/4; do
		run_haiki wipe plan "$word" --json
		assert_exit 0
		assert_json ".targets[0].identity.serial == \"$SERIAL\""
	done
	for word in R1 R1/ 1/4 R1/44 kyo/R1/4; do
		run_haiki wipe plan "$word" --json
		assert_exit 2
	done
	run_haiki wipe run R1/4 --serial "$(serial_of "$other")" --json
	assert_exit 2 3
	run_haiki wipe run R1/4 --serial "$SERIAL" --json
	assert_exit 0
	assert_proven "$device"
}

# ---- people ----

who() {
	local device
	need_people
	scanned device
	as 4711 inventory custody "$SERIAL" quarantined --reason test --json
	assert_exit 0
	as $NOBODY inventory custody "$SERIAL" in-service --reason test --json
	assert_exit 0
	run_haiki inventory history "$SERIAL" --json
	assert_json '[.events[] | select(.action == "custody") | .actor] |
		(.[0] | test("^login:.* \\(4711\\)$")) and (.[1] | test("^user:root \\(0\\)$"))'
}

# no_step PERSON WORD…: refused, and the hold stands as it did.
no_step() {
	local code=$1 person=$2
	shift 2
	as "$person" inventory hold "$@" --json
	assert_exit 3
	assert_code "$code"
}

step() {
	local person=$1
	shift
	as "$person" inventory hold "$@" --json
	assert_exit 0
}

hold_of_a_tenant() {
	local device file
	need sqlite3
	need_people
	make_keys
	scanned device
	sqlite3 "$STATE/haiki.db" "INSERT INTO tenant (id, code, name, created_utc_ms) VALUES (1, 'T-7', '例示市', 1)"
	run_haiki inventory label "$SERIAL" --tenant T-7
	assert_exit 0
	step $NOBODY place T-7 --authority "District Court" --reason "case 17"
	assert_json '.holds[0] | .hold == "H1" and .on == "T1" and .state == "unconfirmed" and .blocks == 1'

	blocks() {
		wipe "$device"
		assert_exit 3
		assert_json '.jobs[0].error.code == "guard-hold"'
		file=$(certificate_of)
		assert_record "$file" refused
		! grep -q -e 'District Court' -e 'case 17' "$file" || fail "the certificate tells of the authority"
		run_haiki inventory custody "$SERIAL" destroyed --reason test --witness me --json
		assert_exit 3 7
	}
	blocks
	becomes quarantined
	refuses hold-stands 7 destroyed --witness me
	run_haiki wipe plan "$device"
	grep -q 'H1 on T1, by District Court: case 17' "$CASE/out" || fail "the guard does not name the hold: $(cat "$CASE/out")"
	run_haiki inventory show "$SERIAL" --json
	assert_json '.drives[0].holds == ["H1"]'
	run_haiki inventory show T-7 --json
	assert_json '.tenants[0].holds == ["H1"]'
	# By its path: whoever stands there now.
	run_haiki inventory show "$device" --json
	assert_json ".drives[0].identity.serial == \"$SERIAL\""

	no_step hold-no-person $NOBODY confirm H1
	no_step hold-no-person 0 confirm H1
	step 4711 confirm H1
	no_step hold-order 4712 lift-confirm H1
	no_step hold-no-person $NOBODY lift H1 --reason closed
	step 4711 lift H1 --reason closed
	assert_json '.holds[0] | .state == "lift-asked" and .blocks == 1'
	no_step hold-same-person 4711 lift-confirm H1
	grep -q '(4711)' "$CASE/err" || fail "who made the first step is not named"
	no_step hold-no-person $NOBODY lift-confirm H1
	blocks
	step $NOBODY lift-cancel H1
	no_step hold-order 4712 lift-confirm H1
	step 4711 lift H1 --reason closed
	step 4712 lift-confirm H1
	assert_json '.holds[0] | .state == "lifted" and .blocks == 0'
	wipe "$device"
	assert_exit 0
	assert_proven "$device"
	run_haiki inventory history H1 --json
	assert_json '[.events[].action] == ["hold-placed", "hold-confirmed", "hold-lift-asked",
		"hold-lift-cancelled", "hold-lift-asked", "hold-lifted"]'
	run_haiki inventory list holds --json
	assert_json '.holds | length == 1'
}

# A hold that comes while the drive is being wiped cannot undo that, but says so.
hold_comes_late() {
	local device
	make_keys
	make_faulty device $((8 * MIB))
	SERIAL=$(serial_of "$device")
	start_haiki wipe run "$device" --serial "$SERIAL" --json --rate 1M
	until_true 20 grep -q '"method":"overwrite"' "$CASE/err"
	# shellcheck disable=SC2046
	"$HAIKI" inventory hold place "$SERIAL" --authority Court --reason "case 1" $(haiki_settings) \
		>"$CASE/hold.out" 2>"$CASE/hold.err" || fail "the hold was not placed: $(cat "$CASE/hold.err")"
	grep -q "is wiping .*$SERIAL" "$CASE/hold.err" || fail "nobody is warned: $(cat "$CASE/hold.err")"
	assert_same sanitizing "$(custody_now)"
	kill -INT "$PID"
	wait_haiki
	assert_exit 5
	assert_same sanitizing "$(custody_now)" "it was begun, and may be resumed"
	run_haiki wipe resume "$(job_of)" --json
	assert_exit 3 5
	assert_code guard-hold
}

check "a drive leaves with its proof and not without" the_way_out
check "what was proven before it was in service counts no more" back_in_service
check "what was seen on it since speaks against it" used_since
check "so does a byte that differs from the certificate" differs_since
check "the zone's level is due, and more for another zone" level_of_the_zone
check "the zone it served counts, not the one that was typed at the wipe" zone_said_otherwise
check "a certificate of an issuer that is not trusted" other_issuer
check "a wipe that failed" failed_wipe
check "a drive named by its slot" slot
check "a hold that comes while it is wiped" hold_comes_late
check "events name the person behind" who
check "a hold on a tenant, and two people" hold_of_a_tenant
finish
