#!/bin/bash
# VMs of a real libvirtd with QEMU: listed by UUID and service code, surveyed with all that they stand on, erased, deleted and
# asked for again; what others use stays as it is.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/libvirtd.sh"
libvirt_alone "$@"
. "$(dirname "$0")/lib.sh"

# A folder of images for this case alone, which is no pool unless told.
images() {
	IMAGES=$LIBVIRT/images/$case_count
	mkdir -p "$IMAGES"
}

qcow2() {
	qemu-img create -q -f qcow2 "$@"
}

# Text in an image, as its guest would have written it.
fill() {
	old_contents $((256 * 1024)) >"$CASE/text"
	qemu-io -f "${2:-qcow2}" -c "write -s $CASE/text 0 256k" "$1" >/dev/null
}

# No file of this case but those named has any of the text in it.
assert_no_text() {
	local found
	found=$(grep -rlaF "$OLD_TEXT" "$IMAGES" "$LIBVIRT/var" || true)
	assert_same "$found" "${1:-}" "the text is still in"
}

running_with_snapshots() {
	images
	qcow2 "$IMAGES/base.qcow2" 8M
	fill "$IMAGES/base.qcow2"
	qcow2 -b base.qcow2 -F qcow2 "$IMAGES/top.qcow2"
	fill "$IMAGES/top.qcow2"
	define running 101 "$(disk "$IMAGES/top.qcow2")<tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>"
	virsh_ start running
	virsh_ snapshot-create-as running inner
	virsh_ snapshot-create-as running outer --disk-only
	must list
	assert_json 'map(select(.uuid == "'"$(uuid_of 101)"'")) == [{"uuid": "'"$(uuid_of 101)"'", "name": "running", "service_code": "SV-101", "power": "on"}]'
	survey 101

	assert_json '.power == "on" and .snapshots == ["inner", "outer"]'
	assert_json '[.disks[] | select(.kind == "qcow2") | .place] | map(split("/")[-1]) == ["top.outer", "top.qcow2"]'
	assert_json '[.disks[].chain[]] == ["'"$IMAGES"'/base.qcow2"]'
	assert_json '[.disks[] | select(.kind == "tpm")] | length == 1'
	assert_json '[.disks[].shared_with[]] == []'
	refused vm-running erase "$(uuid_of 101)" "$CASE/survey.101"
	refused vm-running remove "$(uuid_of 101)" "$CASE/survey.101"
	act off 101
	assert_json '. == "done"'
	act off 101
	assert_json '. == "was-off"'
	act snapshots 101
	assert_json '. == "2"'
	act erase 101
	assert_json 'length == 4 and all(.result == "done" and .level == "clear" and .verified_bytes > 0)'
	assert_no_text
	act look 101
	assert_json '.hypervisor == "present" and .storage == "present" and (.left | length) == 4'
	act remove 101
	assert_json '. == "undefined"'
	assert_gone 101
	act remove 101
	assert_json '. == "no such domain"'
	assert_same "$(find "$IMAGES" -type f)" ""
	[ ! -e "/var/lib/libvirt/swtpm/$(uuid_of 101)" ] || fail "the TPM's state is there still"
	refused vm-absent survey "$(uuid_of 101)"
}

start_libvirtd
check "a running VM with a qcow2 chain, snapshots within and beside, and a TPM is erased whole and gone" running_with_snapshots
finish
