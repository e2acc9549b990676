#!/bin/bash
# guest: --memory 1024
# VMs of a real libvirtd on logical volumes: a pool of the kind "logical", a volume that another VM uses by another of its
# names, a thick volume's bytes on the raw drive.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/../host/libvirtd.sh"
. "$(dirname "$0")/lib.sh"

DRIVE_MIB=32

# A drive comes empty here.
fill() {
	:
}

text_on() {
	contents "$1" | grep -caF "$OLD_TEXT" || true
}

volumes_of_a_group() {
	need vgcreate lvcreate
	make_scsi 1
	local drive=${DRIVES[0]}
	vgcreate -q haiki "$drive"
	lvcreate -q -n tenant -L 4M -Wn -Zn haiki
	lvcreate -q -n neighbour -L 4M -Wn -Zn haiki
	udev_settle
	old_contents $((4 * MIB)) | dd of=/dev/haiki/tenant bs=1M iflag=fullblock oflag=direct status=none
	yes "NEIGHBOUR, WHO STAYS" | head -c $((4 * MIB)) | dd of=/dev/haiki/neighbour bs=1M iflag=fullblock oflag=direct status=none
	virsh_ pool-define-as group logical --target /dev/haiki --source-name haiki
	virsh_ pool-start group
	define tenant 201 "<disk type='volume' device='disk'><driver name='qemu' type='raw'/><source pool='group'
		volume='tenant'/><target dev='vda' bus='virtio'/></disk>$(disk /dev/mapper/haiki-neighbour raw vdb)"
	define neighbour 202 "$(disk /dev/haiki/neighbour raw)"
	survey 201
	assert_json '[.disks[] | [.id, .kind, .place, .size_bytes]] ==
		[["vda", "block", "/dev/haiki/tenant", 4194304], ["vdb", "block", "/dev/mapper/haiki-neighbour", 4194304]]'
	assert_json '.disks[0].shared_with == [] and (.disks[1].shared_with | index("'"$(uuid_of 202)"'")) != null'
	[ "$(text_on "$drive")" -gt 0 ] || fail "the text was never on the drive"
	act erase 201
	assert_json 'map([.result, .level]) == [["done", "clear"], ["kept", "none"]]'
	act look 201
	assert_json '.datastore == "present" and .storage == "present" and .left == ["/dev/haiki/tenant"]'
	act remove 201
	assert_gone 201
	assert_json '.datastore == "gone" and .storage == "gone"'
	assert_same "$(lvs --noheadings -o name haiki | tr -d ' ')" neighbour
	assert_same "$(yes "NEIGHBOUR, WHO STAYS" | head -c $((4 * MIB)) | sha256sum)" "$(sha256sum </dev/haiki/neighbour)"
	assert_same "$(text_on "$drive")" 0
}

[ -z "${THOROUGH:-}${ONLY:-}" ] || start_libvirtd
check_thoroughly "a logical volume of a pool is erased and gone, and one that another VM uses by another name is kept" volumes_of_a_group
finish
