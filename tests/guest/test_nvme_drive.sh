#!/bin/bash
# guest: --qemu
# An NVMe drive of ours (tests/drives), reached by the kernel's own nvme-tcp: nvme-cli takes it for a
# drive, it plays each conduct, and haiki proves what is true and nothing else.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"

# Every process costs a tenth of a second under emulation, and so does each megabyte.
MODEL_MIB=4

controller_of() {
	echo "/dev/$(cat "/run/haiki-drives/${MODEL[$1]}/controller")"
}

# The first bytes of the sanitize log: SPROG and SSTAT as "progress status".
sanitize_log() {
	nvme get-log "$(controller_of "$1")" --log-id=0x81 --log-len=512 --raw-binary |
		od -A n -t u2 -N 4 --endian=little | xargs
}
log_says() {
	[[ $(sanitize_log "$1") =~ ^$2$ ]]
}

others_believe_it() {
	local drive
	need nvme
	make_model drive believed honest nvme
	nvme id-ctrl "$(controller_of "$drive")" --output-format=json >"$CASE/controller"
	jq --exit-status '(.sn | rtrimstr(" ") | startswith("HM-believed")) and .sanicap == 1073741831 and .fna == 4 and .nn == 1' "$CASE/controller"
	[ "$(bytes_of "$drive")" -eq $((MODEL_MIB * MIB)) ]
	udevadm info --query=property --name="$drive" | grep -q '^ID_SERIAL_SHORT=HM-believed'
	contents "$drive" | cmp - <(old_contents $((MODEL_MIB * MIB)))
	run_haiki inventory scan --json
	assert_exit 0
	assert_json '.drives[] | select(.identity.serial == "HM-believed") |
		.identity.transport == "nvme" and .identity.media == "flash" and .native.source == "nvme-identify" and
		(.identity.wwn | startswith("eui.5fac0de")) and .identity.model == "HAIKI MODEL NVME DRIVE"'
}

sanitize() {
	local drive
	make_model drive sanitized honest nvme
	log_says "$drive" "65535 0" || fail "it was sanitized before: $(sanitize_log "$drive")"
	tell_model "$drive" "erase-ms 900000"
	nvme sanitize "$(controller_of "$drive")" --sanact=2
	log_says "$drive" "[0-9]+ 2" || fail "no progress: $(sanitize_log "$drive")"
	! dd if="$drive" of=/dev/null bs=4k count=1 iflag=direct status=none 2>/dev/null || fail "it could be read"
	holds_old_text "$drive"
	tell_model "$drive" finish
	until_true 60 log_says "$drive" "65535 257" # done, and nothing written since
	is_erased "$drive"
	contents "$drive" | cmp - <(ff_bytes $((MODEL_MIB * MIB)))
	tell_model "$drive" "erase-ms 10"
	nvme sanitize "$(controller_of "$drive")" --sanact=3 --ovrpat=0x41414141
	until_true 60 sh -c "tr -d A <'$CASE/sanitized.medium' | cmp -s - /dev/null"
	nvme sanitize "$(controller_of "$drive")" --sanact=4
	until_true 60 sh -c "! tr -d A <'$CASE/sanitized.medium' | cmp -s - /dev/null"
}

# Whether it failed is in the status alone: the progress is FFFFh all the same.
conducts() {
	local drive controller
	make_model drive conducts stale-success nvme
	controller=$(controller_of "$drive")
	log_says "$drive" "65535 257" || fail "no old success is shown"

	tell_model "$drive" lies-success "erase-ms 10"
	nvme sanitize "$controller" --sanact=2
	until_true 60 log_says "$drive" "65535 257"
	holds_old_text "$drive" || fail "the liar erased"

	tell_model "$drive" frozen
	! nvme sanitize "$controller" --sanact=2 2>/dev/null || fail "a frozen drive took it"
	tell_model "$drive" hides-status
	! sanitize_log "$drive" 2>/dev/null | grep -q . || fail "it was to hide its status"

	tell_model "$drive" fails-halfway
	nvme sanitize "$controller" --sanact=2 --ause
	until_true 60 log_says "$drive" "65535 3"
	! holds_no_old_text "$drive"
	! holds_old_text "$drive"
	! dd if="$drive" of=/dev/null bs=4k count=1 iflag=direct status=none 2>/dev/null || fail "it could be read"
	nvme sanitize "$controller" --sanact=1
	dd if="$drive" of=/dev/null bs=4k count=1 iflag=direct status=none

	tell_model "$drive" hangs-at-40
	nvme sanitize "$controller" --sanact=2
	until_true 60 log_says "$drive" "26214 2"
	tell_model "$drive" honest
	until_true 60 log_says "$drive" "65535 257"
}

# `nvme format` without secure erase settings says that it succeeded.
format() {
	local drive
	make_model drive formatted honest nvme
	blkdiscard "$drive"
	contents "$drive" | cmp -n $((MODEL_MIB * MIB)) - /dev/zero
	holds_old_text "$drive" || fail "deallocating erased"
	tell_model "$drive" "erase-ms 10" remap
	nvme format "$drive" --ses=0 --force
	holds_old_text "$drive" || fail "SES 0 erased"
	nvme format "$drive" --ses=2 --force
	holds_no_old_text "$drive"
	! is_erased "$drive"
	nvme format "$drive" --ses=1 --force
	is_erased "$drive"
	log_says "$drive" "65535 0" || fail "a format is no sanitize"
}

two_tenants() {
	local drive other half=$((MODEL_MIB * MIB / 2))
	make_model drive shared two-tenants nvme
	until_true 20 test -b "${drive%n1}n2"
	other=${drive%n1}n2
	[ "$(bytes_of "$other")" -eq $half ]
	contents "$other" | cmp - <(old_contents $((2 * half)) | tail -c $half)
	tell_model "$drive" "erase-ms 10"
	nvme format "$drive" --ses=1 --force
	is_erased "$drive"
	contents "$other" | cmp - <(ff_bytes $half)
}

# First it does not write one sector, then it is honest.
wipes() {
	local drive
	make_keys
	make_model drive wiped honest nvme
	tell_model "$drive" "drops 1048576 512"
	wipe "$drive"
	assert_exit 1
	assert_json '.jobs[0].outcome == "failed"'
	! holds_no_old_text "$drive"

	tell_model "$drive" honest
	wipe "$drive"
	assert_exit 0
	assert_json '.jobs[0].outcome == "proven"'
	openssl_verify "$(certificate_of)"
	cmp <(medium_of "$drive") <(stream "$(certificate_of)" $((MODEL_MIB * MIB)))
}

# Its process ends; the kernel waits two seconds for it, then takes the disk away.
wipe_of_one_that_vanishes() {
	local drive
	make_keys
	make_model drive gone vanishes nvme
	LIMIT=120 wipe "$drive"
	assert_exit 1
	assert_json '.jobs[0].outcome == "failed"'
	openssl_verify "$(certificate_of)"
	! holds_no_old_text "$drive"
}

check "nvme-cli, udev and haiki take it for a drive" others_believe_it
check "Sanitize shows progress, and reads are refused meanwhile" sanitize
check "Sanitize: an old success, a lie, no status, frozen, failed, a hang" conducts
check "Format erases what its settings say, deallocating nothing" format
check "an erase of one namespace hits the other tenant's" two_tenants
check "haiki catches writes that were not done, and proves the honest" wipes
check "haiki certifies nothing of a drive that vanished" wipe_of_one_that_vanishes
finish
