#!/bin/bash
# guest: --memory 768
# A SATA drive of ours (tests/drives) behind a SAT layer answers the real kernel: hdparm and smartctl
# take it for a drive, it plays each conduct, and haiki sees the capacity that is hidden.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

REALLY=--yes-i-know-what-i-am-doing
SECTORS=$((MODEL_MIB * 2048))

# See test_scsi_drive.sh: past the block device, which udev looks at after each opening.
generic() {
	echo /dev/"$(ls "/sys/block/${1##*/}/device/scsi_generic")"
}

# The registers that SANITIZE STATUS EXT gives back, as sg_raw shows the sense data: COUNT 15:8 is
# byte 12, ERROR byte 11, LBA 7:0 byte 15.
sanitize_bytes() {
	sg_raw --request=0 -vv "$(generic "$1")" 85 07 20 00 00 00 00 00 00 00 00 00 00 40 b4 00 2>&1
}
state() {
	hdparm --sanitize-status "$(generic "$1")" 2>&1 | sed -n 's/.*State: *//p'
}
is_in_state() {
	[[ $(state "$1") == *"$2"* ]]
}

others_believe_it() {
	local drive
	need hdparm smartctl
	make_model drive believed honest ata
	hdparm -I "$(generic "$drive")" >"$CASE/identify"
	grep -q 'Serial Number: *HM-believed' "$CASE/identify"
	grep -q 'Checksum: correct' "$CASE/identify"
	grep -q 'BLOCK_ERASE_EXT command' "$CASE/identify"
	grep -q 'not	frozen' "$CASE/identify"
	hdparm -N "$(generic "$drive")" | grep -q "$SECTORS/$SECTORS, HPA is disabled"
	smartctl -i "$drive" | grep -q 'Serial Number: *HM-believed'
	udevadm info --query=property --name="$drive" | grep -q '^ID_ATA=1'
}

haiki_knows_it() {
	local drive
	make_model drive known honest ata
	run_haiki inventory scan --json
	assert_exit 0
	assert_json '.drives[0].identity | .serial == "HM-known" and .transport == "ata" and
		.media == "flash" and .model == "HAIKI MODEL SATA DRIVE"'
	assert_json ".drives[0] | .native.bytes == $((MODEL_MIB * MIB)) and .native.source == \"ata-max\""
}

# hidden CONDUCT VISIBLE: haiki says how much there is, and how much of it is reached. (That it lifts what
# hides the rest is shown by test_purge_ata.sh.)
hidden() {
	local drive
	make_model drive hides "$1" ata
	[ "$(bytes_of "$drive")" -eq $(($2 * 512)) ]
	run_haiki inventory scan --json
	assert_json ".drives[0] | .native.bytes == $((MODEL_MIB * MIB)) and .identity.capacity_bytes == $(($2 * 512))"
}

hidden_capacity_can_be_opened() {
	local drive node
	make_model drive opened hpa-over-dco ata
	node=$(generic "$drive")
	hdparm -N "$node" | grep -q "$((SECTORS / 2))/$((SECTORS - SECTORS / 4)), HPA is enabled"
	hdparm --dco-identify "$node" | grep -q "Real max sectors: $SECTORS"
	# With a protected area the overlay stays (hdparm tells no failure of this command).
	hdparm $REALLY --dco-restore "$node" >/dev/null 2>&1 || true
	hdparm -N "$node" | grep -q "$((SECTORS - SECTORS / 4)), HPA is enabled"
	hdparm $REALLY -N "p$((SECTORS - SECTORS / 4))" "$node" >/dev/null
	hdparm $REALLY --dco-restore "$node" >/dev/null
	hdparm -N "$node" | grep -q "$SECTORS/$SECTORS, HPA is disabled"
}

sanitize() {
	local drive
	make_model drive sanitized honest ata
	tell_model "$drive" "erase-ms 900000"
	is_in_state "$drive" "SD0 Sanitize Idle"
	hdparm $REALLY --sanitize-block-erase "$(generic "$drive")" >/dev/null
	is_in_state "$drive" "SD2 Sanitize operation In Process"
	holds_old_text "$drive"
	tell_model "$drive" finish
	until_true 20 is_erased "$drive"
	is_in_state "$drive" "SD0 Sanitize Idle"
	hdparm --sanitize-status "$(generic "$drive")" | grep -qi 'last sanitize operation completed without error'
	tell_model "$drive" "erase-ms 50"
	hdparm $REALLY --sanitize-crypto-scramble "$(generic "$drive")" >/dev/null
	until_true 20 sh -c "! tr -d '\\377' <'$CASE/sanitized.medium' | cmp -s - /dev/null"
	hdparm $REALLY --sanitize-overwrite hex:41414141 "$(generic "$drive")" >/dev/null
	until_true 20 sh -c "tr -d A <'$CASE/sanitized.medium' | cmp -s - /dev/null"
}

sanitize_conducts() {
	local drive
	make_model drive conducts stale-success ata
	hdparm --sanitize-status "$(generic "$drive")" | grep -qi 'completed without error' || fail "no old success is shown"
	holds_old_text "$drive"

	tell_model "$drive" lies-success "erase-ms 50"
	hdparm $REALLY --sanitize-block-erase "$(generic "$drive")" >/dev/null
	until_true 20 sh -c "hdparm --sanitize-status $(generic "$drive") | grep -qi 'completed without error'"
	holds_old_text "$drive" || fail "the liar erased"

	tell_model "$drive" frozen
	hdparm $REALLY --sanitize-block-erase "$(generic "$drive")" >/dev/null 2>&1 || true
	sanitize_bytes "$drive" | grep -qi '72 01 00 1d .*09 0c 01 00 [aA2]' || fail "it does not say frozen: $(sanitize_bytes "$drive")"
	holds_old_text "$drive"

	tell_model "$drive" fails-halfway "erase-ms 50"
	hdparm $REALLY --sanitize-block-erase "$(generic "$drive")" >/dev/null
	ff_bytes $((MODEL_MIB * MIB / 2)) >"$CASE/half"
	until_true 20 cmp -s -n $((MODEL_MIB * MIB / 2)) "$CASE/half" "$CASE/conducts.medium"
	sanitize_bytes "$drive" | grep -qi '72 0b 00 00 .*09 0c 01 04 00 00 00 01' || fail "it does not say failed: $(sanitize_bytes "$drive")"
	! holds_no_old_text "$drive" || fail "it erased all"
}

# hdparm itself sets a password, prepares, and erases.
security_erase() {
	local drive node
	make_model drive secure honest ata
	tell_model "$drive" "erase-ms 100"
	node=$(generic "$drive")
	hdparm --user-master u --security-set-pass secret "$node" >/dev/null
	hdparm -I "$node" | grep -q '^		enabled'
	hdparm --user-master u --security-erase wrong "$node" >/dev/null 2>&1 || true
	holds_old_text "$drive"
	hdparm --user-master u --security-erase secret "$node" >/dev/null
	is_erased "$drive"
	hdparm -I "$node" | grep -q '^	not	enabled'
	hdparm --security-freeze "$node" >/dev/null
	hdparm -I "$node" | grep -q '^		frozen'
}

locked_by_password() {
	local drive
	make_model drive locked locked ata
	hdparm -I "$(generic "$drive")" | grep -q '^		locked'
	! dd if="$drive" of=/dev/null bs=4k count=1 iflag=direct status=none 2>/dev/null || fail "it could be read"
	make_keys
	run_haiki wipe run "$drive" --serial HM-locked --json
	[ "$STATUS" -ne 0 ]
	holds_old_text "$drive"
}

wipe_is_proven() {
	local drive
	make_keys
	make_model drive wiped honest ata
	wipe "$drive"
	assert_exit 0
	assert_proven "$drive"
	cmp <(medium_of "$drive") <(stream "$(certificate_of)" $((MODEL_MIB * MIB)))
}

check "hdparm, smartctl and udev take it for a SATA drive" others_believe_it
check "haiki knows it by serial, model and native capacity" haiki_knows_it
check "haiki sees what a host protected area hides" hidden hpa $((SECTORS - SECTORS / 4))
check "haiki sees what HPA over DCO hides" hidden hpa-over-dco $((SECTORS / 2))
check "haiki sees what the accessible maximum address hides" hidden amac $((SECTORS - SECTORS / 4))
check "HPA and DCO are lifted in their order only" hidden_capacity_can_be_opened
check "SANITIZE DEVICE erases, by block, key and pattern" sanitize
check "SANITIZE DEVICE: an old success, a lie, frozen, failed" sanitize_conducts
check "SECURITY ERASE UNIT wants the password, and freezes" security_erase
check "a drive locked by a password is left alone" locked_by_password
check "haiki proves a wipe of the honest drive" wipe_is_proven
finish
