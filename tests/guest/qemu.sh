# Debian's kernel under QEMU: how tests/guest/run starts it. Sourced.
# SPDX-License-Identifier: GPL-3.0-or-later

# What a kernel in an emulated processor can do without: each word saves seconds.
QEMU_KERNEL_WORDS="console=ttyS0 quiet panic=-1 mitigations=off nokaslr audit=0 apparmor=0
	cryptomgr.notests random.trust_cpu=on tsc=reliable no_timer_check net.ifnames=0"

# offer FOLDER TAG [OPTION]: a folder of the host, which the guest mounts by its tag.
offer() {
	GUEST_COMMAND+=(-fsdev "local,id=$2,path=$1,security_model=none,multidevs=remap${3:-}"
		-device "virtio-9p-pci,fsdev=$2,mount_tag=$2")
}

# channel NAME DESCRIPTOR: what the guest writes to the device NAME goes to a descriptor of ours.
channel() {
	GUEST_COMMAND+=(-add-fd "fd=$2,set=$2" -chardev "file,id=$1,path=/dev/fdset/$2,append=on")
}

# Sets GUEST_COMMAND.
start_guest() {
	local kernel=$REPOSITORY/build/guest/kernel image accelerator=${HAIKI_ACCELERATOR:-}
	[ -n "$accelerator" ] || accelerator=$(<"$kernel/accelerator")
	# Nobody may use what it takes.
	[ "$accelerator" = kvm ] && AS_NOBODY=("${AS_NOBODY[@]/--clear-groups/--groups=$(stat -c %g /dev/kvm)}")
	settings MODULES "$kernel/modules" OUTPUT /dev/virtio-ports/output ERRORS /dev/virtio-ports/errors \
		SUBSYSTEMS "pci virtio virtio-ports block nvme scsi scsi_host scsi_disk scsi_generic mem"
	GUEST_COMMAND=(env -i "PATH=$PATH" qemu-system-x86_64 -M q35 -accel "$accelerator"
		-cpu max -smp 2 -m "${MEMORY:-1024}" -no-reboot -nodefaults -no-user-config -display none
		-kernel "$kernel/vmlinux" -initrd "$kernel/initramfs"
		-append "${QEMU_KERNEL_WORDS//$'\n'/ } $KERNEL_WORDS haiki.control=$CONTROL"
		-device virtio-rng-pci -device virtio-serial-pci
		-qmp "unix:$CONTROL/qmp,server=on,wait=off")
	channel output 3
	channel errors 4
	channel console 5
	GUEST_COMMAND+=(-device virtserialport,chardev=output,name=output
		-device virtserialport,chardev=errors,name=errors -serial chardev:console)
	# A monitor whose other end is a port of the guest: QEMU is its own client there.
	[ -n "$HOT_PLUG" ] && GUEST_COMMAND+=(-qmp "unix:$CONTROL/hot-plug,server=on,wait=off"
		-chardev "socket,id=hot-plug,path=$CONTROL/hot-plug"
		-device virtserialport,chardev=hot-plug,name=qmp)
	offer / root ,readonly=on
	offer "$CONTROL" control
	[ -n "$SHARE" ] && offer "$SHARE" share
	for image in "${IMAGES[@]+"${IMAGES[@]}"}"; do
		GUEST_COMMAND+=(-drive "if=none,id=${image%%=*},format=raw,file=$CONTROL/${image%%=*}.img")
	done
	GUEST_COMMAND+=("${ARGUMENTS[@]+"${ARGUMENTS[@]}"}")
}
