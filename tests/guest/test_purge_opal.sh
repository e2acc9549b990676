#!/bin/bash
# guest: --memory 768
# Self-encrypting drives of ours (tests/drives) are made to take another key: what they did is proven,
# and what they only said is not. No kernel of Debian 12 speaks TCG to a SCSI drive: here haiki does.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

MODEL_MIB=4
PSID=MODELPSID0123456789ABCDEFGHJKLMN # of every model: tests/drives/tcg.h

# a_drive NAME CONDUCT [WORD…]: DRIVE, with keys to sign what becomes of it.
a_drive() {
	local name=$1 conduct=$2
	shift 2
	make_keys
	make_model DRIVE "$name" "$conduct"
	SERIALS[$DRIVE]=HM-$name
	[ $# -eq 0 ] || tell_model "$DRIVE" "$@"
	# As it is copied from a label.
	echo "MODELPSI D0123456 789ABCDE FGHJKLMN" >"$CASE/psid"
	echo MODELPSID0123456789ABCDEFGHJKLXX >"$CASE/wrong-psid"
	(umask 077 && echo swordfish >"$CASE/password" && echo guessed >"$CASE/wrong-password")
}

# policy COMBINATION: by this and nothing else.
policy() {
	jq --null-input --arg methods "$1" '{format: "haiki-policy", format_version: 1, name: "test",
		version: "1", source: "test", schemes: [], rules: [{zone: "*", media: "*",
		confidentiality: "*", level: "purge", scheme: "random", verification: "full",
		methods: [$methods]}]}' >"$CASE/policy.json"
}

# purge COMBINATION [WORD…]: wipe the drive by it.
purge() {
	policy "$1"
	shift
	wipe "$DRIVE" --policy "$CASE/policy.json" "$@"
}

proven() {
	assert_exit 0
	assert_json '.jobs[0].outcome == "proven"'
	assert_json '.verdict.level == "purge"' "$(certificate_of)"
	holds_no_old_text "$DRIVE" || fail "proven, and the old text is on the medium"
}

# not_proven REASON: a reason of the judge is REASON.
not_proven() {
	assert_exit 1
	assert_json ".verdict.outcome != \"proven\" and .verdict.level == \"none\" and
		any(.verdict.reasons[]; .code == \"$1\")" "$(certificate_of)"
}

# refused WHY: no job was run, and the one candidate says why.
refused() {
	assert_exit 4
	assert_json ".plan.candidates | length == 1 and .[0].why == \"$1\"" "$(certificate_of)"
	holds_old_text "$DRIVE" || fail "it was refused, and the medium has changed"
}

# discovery: the Locking feature's first byte, by sg_raw, in hexadecimal digits.
discovery() {
	sg_raw --request=512 --binary "/dev/$(ls "/sys/block/${DRIVE##*/}/device/scsi_generic")" \
		a2 01 00 01 80 00 00 00 00 01 00 00 2>/dev/null |
		od -A n -t x1 | tr -d ' \n' | sed 's/.*0002100c\(..\).*/\1/'
}

secrets_are_kept() {
	local secret
	for secret in "$PSID" swordfish guessed; do
		! grep -rqF "$secret" "$STATE" "$CASE/out" "$CASE/err" || fail "$secret was written down"
	done
}

# ---- ----

psid_revert() {
	a_drive label honest "owner swordfish"
	assert_same "$(discovery)" 0b
	purge opal-psid-revert
	refused needs-credential
	# Whoever mistypes it changes nothing.
	purge opal-psid-revert --psid-file "$CASE/wrong-psid"
	not_proven drive-refused
	assert_json '[.evidence[] | select(.kind == "answer")] |
		length == 1 and .[0].moment == "accepted" and .[0].status == "failed" and
		.[0].raw == "5401"' "$(certificate_of)"
	assert_same "$(discovery)" 0b
	purge opal-psid-revert --psid-file "$CASE/psid"
	proven
	assert_record "$(certificate_of)" proven
	assert_json '[.evidence[] | select(.kind == "answer")] |
		length > 0 and all(.status == "succeeded" and .raw == "5400")' "$(certificate_of)"
	assert_json '[.evidence[] | select(.kind == "markers")] | all(.remaining == 0 and .checked > 0)' \
		"$(certificate_of)"
	assert_same "$(discovery)" 09 "it is as from the factory"
	secrets_are_kept
}

by_the_owner() {
	a_drive owner honest "owner swordfish"
	purge opal-genkey --password-file "$CASE/wrong-password"
	not_proven drive-refused
	purge opal-genkey --password-file "$CASE/password"
	proven
	assert_same "$(discovery)" 0b "its owner stays"
	refill "$DRIVE"
	purge opal-revert --password-file "$CASE/password"
	proven
	assert_same "$(discovery)" 09
	secrets_are_kept
	# Anybody could have read it.
	chmod 644 "$CASE/password"
	refill "$DRIVE"
	purge opal-revert --password-file "$CASE/password"
	[ "$STATUS" -ne 0 ]
	holds_old_text "$DRIVE"
}

# It says that it has changed its key.
liars() {
	a_drive liar lies-success
	purge opal-psid-revert --psid-file "$CASE/psid"
	not_proven markers-remain
	medium_of "$DRIVE" | grep -qF "$OLD_TEXT"
	tell_model "$DRIVE" refuses
	purge opal-psid-revert --psid-file "$CASE/psid"
	not_proven drive-refused
	tell_model "$DRIVE" fails-halfway
	purge opal-psid-revert --psid-file "$CASE/psid"
	not_proven drive-refused
}

pyrite() {
	a_drive pyrite honest pyrite
	assert_same "$(discovery)" 01
	purge opal-psid-revert --psid-file "$CASE/psid"
	refused not-encrypted
}

# Nothing can be written to it that an erasure could take away: first it is made usable.
locked() {
	a_drive locked honest "owner swordfish" lock
	assert_same "$(discovery)" 0f
	purge opal-psid-revert --psid-file "$CASE/psid"
	refused locked
	purge scsi-sanitize-crypto
	refused locked
	run_haiki wipe revert "$DRIVE" --serial HM-other --psid-file "$CASE/psid"
	assert_exit 3
	run_haiki wipe revert "$DRIVE" --serial HM-locked --psid-file "$CASE/wrong-psid" --json
	assert_exit 3
	assert_code psid-refused
	assert_same "$(discovery)" 0f
	holds_old_text "$DRIVE"
	run_haiki wipe revert "$DRIVE" --serial HM-locked --psid-file "$CASE/psid" --reason found --json
	assert_exit 0
	assert_json '.unlocked == 1 and .level == "none" and .identity.serial == "HM-locked"'
	assert_same "$(discovery)" 09
	run_haiki wipe revert "$DRIVE" --serial HM-locked --psid-file "$CASE/psid" --json
	assert_exit 3
	assert_code not-locked
	run_haiki inventory history HM-locked --json
	assert_json '[.events[] | select(.action == "psid-reverted")] | length == 2 and
		any(.detail.answer == "not-authorized") and any(.detail.answer == "success")'
	purge opal-psid-revert --psid-file "$CASE/psid"
	proven
	secrets_are_kept
}

# scanned: a PSID comes from the standard input, a line.
scanned() {
	a_drive scanned honest lock
	# shellcheck disable=SC2046
	"$HAIKI" wipe revert "$DRIVE" --serial HM-scanned --psid-file - $(haiki_settings) \
		<"$CASE/psid" >"$CASE/out" 2>"$CASE/err"
	assert_same "$(discovery)" 09
	run_haiki wipe run "$DRIVE" --serial HM-scanned --psid-file "$CASE/psid" \
		--password-file "$CASE/password" --json
	assert_exit 2
	run_haiki wipe run "$DRIVE" --serial HM-scanned --psid-file "$CASE/psid" --detach --json
	assert_exit 2
	run_haiki wipe run "$DRIVE" HM-scanned --serial HM-scanned --psid-file "$CASE/psid" --json
	assert_exit 2
	: >"$CASE/psid"
	run_haiki wipe run "$DRIVE" --serial HM-scanned --psid-file "$CASE/psid" --json
	assert_exit 2
}

# Killed while the drive reverts. The PSID was never written down: it is asked for again.
cut_short() {
	local job
	a_drive cut hangs-at-40
	policy opal-psid-revert
	start_haiki wipe run "$DRIVE" --serial HM-cut --policy "$CASE/policy.json" \
		--psid-file "$CASE/psid" --json
	# StartSession, then Revert.
	until_true 60 sh -c "'$MODELS/drive-tell' --log cut | grep -c '^command b5' | grep -qx 2"
	# shellcheck disable=SC2046
	kill -KILL $(workers_of "$PID") # and with its worker the rest ends
	wait_haiki
	secrets_are_kept
	tell_model "$DRIVE" honest opal
	run_haiki wipe resume --json
	assert_exit 3
	job=$(grep -oE 'J[0-9]{8}-[A-Z0-9]{6}' "$CASE/out" | head -n 1)
	run_haiki wipe resume "$job" --json
	assert_exit 5
	assert_code needs-credential
	holds_some_old_text || fail "the revert was never carried out"
	run_haiki wipe resume "$job" --psid-file "$CASE/psid" --json
	proven
	secrets_are_kept
}

holds_some_old_text() {
	medium_of "$DRIVE" | grep -qF "$OLD_TEXT"
}

check "a revert by the PSID on the label is proven, and a wrong PSID changes nothing" psid_revert
check_thoroughly "by the owner's password: new keys, and a revert" by_the_owner
check "a drive that keeps its data is not believed" liars
check "a drive that does not encrypt has no key to change" pyrite
check "a locked drive is made usable, and then purged" locked
check_thoroughly "a PSID is scanned, and given for one drive only" scanned
check_thoroughly "a job that was cut waits for its PSID" cut_short
finish
