# Which guest can run here, and as whom. Sourced.
# SPDX-License-Identifier: GPL-3.0-or-later

# As nobody, who may write nothing of the host's, but with the right to read all of it: the host's /
# is the guest's. Without no_setuid_fixup access(2) would not know of that right.
AS_NOBODY=(setpriv --reuid=nobody --regid=nogroup --clear-groups
	--securebits=+no_setuid_fixup,+no_setuid_fixup_locked
	--inh-caps=-all,+dac_read_search --ambient-caps=-all,+dac_read_search
	--bounding-set=-all,+dac_read_search)

# has PROGRAM PACKAGE: or say what is missing.
has() {
	command -v "$1" >/dev/null && return
	echo "$1 is not there (package $2)"
	return 1
}

# can_run KIND; or why no such guest can run here, and failure.
can_run() {
	if [ "$(uname -m)" != x86_64 ]; then
		echo "guests are made for x86_64"
		return 1
	fi
	if [ "$(id -u)" -ne 0 ]; then
		echo "a guest is started as root, to run as nobody"
		return 1
	fi
	has setpriv util-linux && has setsid util-linux && has modprobe kmod && has udevadm udev &&
		has /lib/systemd/systemd-udevd udev && has /bin/busybox busybox-static || return 1
	if ! "${AS_NOBODY[@]}" true 2>/dev/null; then
		echo "this sandbox does not let root become nobody with the right to read"
		return 1
	fi
	"can_run_$1"
}

can_run_uml() {
	has linux.uml user-mode-linux
}

can_run_qemu() {
	has qemu-system-x86_64 qemu-system-x86 && has cpio cpio && has xz xz-utils || return 1
	# Asked for by make-kernel itself, to try an accelerator.
	[ -n "${HAIKI_ACCELERATOR:-}" ] && return
	if ! "$HERE/make-kernel" >/dev/null; then
		echo "Debian's kernel cannot be had (why stands above)"
		return 1
	fi
}
