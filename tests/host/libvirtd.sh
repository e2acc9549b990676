# A libvirtd of the tests' own, with QEMU without acceleration. Sourced before anything else of a test file.
# SPDX-License-Identifier: GPL-3.0-or-later
#
#   . "$(dirname "$0")/libvirtd.sh"; libvirt_alone "$@"; . "$(dirname "$0")/lib.sh"; start_libvirtd
#
# The test file runs in a namespace of mounts of its own, where /var, /run and /etc/libvirt are folders below the test's:
# nothing of the machine's own libvirt is seen or touched. libvirtd, and each QEMU that it starts, is in a namespace of
# processes, which ends with the test.
#
#   start_libvirtd            once for all cases of the file; skips the file when something is not installed
#   virsh_ WORD…              virsh on it
#   define NAME NUMBER [XML]  a domain without an operating system: UUID of the number, service code SV-NUMBER; XML: its
#                             devices
#   disk FILE [FORMAT [TARGET [MORE]]]   XML of a disk
#   uuid_of NUMBER
#   ask WORD…                 one call of haiki's (tests/bench/platform_ask.c)

libvirt_alone() {
	[ "$(id -u)" -eq 0 ] && [ -z "${HAIKI_LIBVIRT:-}" ] || return 0
	HAIKI_LIBVIRT=1 exec unshare --mount --propagation private bash "$0" "$@"
}

# One line for the whole file, as the tests' runner counts it.
skip_file() {
	echo "ok 1 - a libvirtd can be started # SKIP $*"
	echo "1..1"
	exit 0
}

# All is on an ext4 of our own, which tells where the bytes of a file lie.
make_file_system() {
	local device
	mkdir -p "$LIBVIRT"
	declare -F attach_file >/dev/null || return 0 # in a guest nothing is erased here
	truncate -s 512M "$LIBVIRT.img"
	attach_file device "$LIBVIRT.img"
	mkfs.ext4 -q "$device"
	mount "$device" "$LIBVIRT"
}

end_libvirtd() {
	end_remembered processes "$suite_folder"
	wait "$LIBVIRTD" 2>/dev/null # until it is buried, nothing can be unmounted
	umount --recursive /run
	umount /var /etc/libvirt /etc/group /etc/passwd
}

# What is written where on a Debian that has libvirt: here below our own folder.
mount_folders() {
	mkdir -p "$LIBVIRT"/{etc/libvirt/qemu,run,sock,images,var/lib/libvirt,var/lib/swtpm-localca,var/log/libvirt,var/cache,var/tmp}
	# The package makes these users when it is configured, which a container's may not have been.
	grep -v '^libvirt-qemu:' /etc/passwd >"$LIBVIRT/etc/passwd"
	echo 'libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin' >>"$LIBVIRT/etc/passwd"
	grep -Ev '^(libvirt-qemu|kvm):' /etc/group >"$LIBVIRT/etc/group"
	printf '%s\n' libvirt-qemu:x:64055: kvm:x:64056: >>"$LIBVIRT/etc/group"
	mount --bind "$LIBVIRT/etc/passwd" /etc/passwd
	mount --bind "$LIBVIRT/etc/group" /etc/group
	mount --bind "$LIBVIRT/etc/libvirt" /etc/libvirt
	mount --bind "$LIBVIRT/var" /var
	local folder
	for folder in udev haiki-guest; do
		[ -d /run/$folder ] || continue
		mkdir "$LIBVIRT/run/$folder"
		mount --rbind /run/$folder "$LIBVIRT/run/$folder"
	done
	mount --rbind "$LIBVIRT/run" /run
}

write_settings() {
	cat >/etc/libvirt/libvirtd.conf <<-END
		listen_tls = 0
		listen_tcp = 0
		unix_sock_dir = "$LIBVIRT/sock"
		auth_unix_ro = "none"
		auth_unix_rw = "none"
		log_outputs = "3:file:$LIBVIRT/log"
	END
	cat >/etc/libvirt/qemu.conf <<-END
		user = "root"
		group = "root"
		dynamic_ownership = 0
		remember_owner = 0
		security_driver = "none"
		cgroup_controllers = [ ]
		namespaces = [ ]
		swtpm_user = "root"
		swtpm_group = "root"
		stdio_handler = "file"
	END
}

start_libvirtd() {
	local program
	[ "$(id -u)" -eq 0 ] || skip_file "a libvirtd of our own takes root"
	for program in libvirtd virsh qemu-system-x86_64 qemu-img jq; do
		command -v $program >/dev/null || skip_file "$program is not installed"
	done
	PLATFORM_ASK=${PLATFORM_ASK:-$(dirname "$HAIKI")/tests/bench/platform_ask}
	[ -x "$PLATFORM_ASK" ] || skip_file "there is no $PLATFORM_ASK: make test-programs"
	start_suite
	CASE=$suite_folder
	LIBVIRT=$CASE/libvirt
	eval "plain_$(declare -f end_suite)"
	end_suite() {
		end_libvirtd
		plain_end_suite
	}
	make_file_system && mount_folders && write_settings || skip_file "its folders cannot be made"
	# The first process of the namespace is a shell, which buries what libvirtd leaves behind.
	unshare --pid --fork --kill-child --mount-proc bash -c \
		'libvirtd -f /etc/libvirt/libvirtd.conf & while kill -0 $! 2>/dev/null; do wait -n; done' \
		>"$LIBVIRT.out" 2>&1 </dev/null &
	LIBVIRTD=$!
	remember processes $LIBVIRTD
	LIBVIRT_URL="qemu+unix:///system?socket=$LIBVIRT/sock/libvirt-sock"
	local round
	for round in $(seq 600); do
		virsh_ uri >/dev/null 2>&1 && return
		sleep 0.05
	done
	skip_file "libvirtd does not start here: $(tail -n 1 "$LIBVIRT/log")"
}

virsh_() {
	virsh --quiet --connect "$LIBVIRT_URL" "$@"
}

uuid_of() {
	printf '%08d-0000-4000-8000-000000000000' "$1"
}

disk() {
	local type=file source=file
	[ ! -b "$1" ] || { type=block source=dev; }
	echo "<disk type='$type' device='disk'><driver name='qemu' type='${2:-qcow2}'/><source $source='$1'/>" \
		"<target dev='${3:-vda}' bus='virtio'/>${4:-}</disk>"
}

# domain_xml NAME NUMBER DEVICES [OS]
domain_xml() {
	cat <<-END
		<domain type='qemu'><name>$1</name><uuid>$(uuid_of "$2")</uuid>
		<metadata><haiki:service xmlns:haiki="urn:haiki:1">SV-$2</haiki:service></metadata>
		<memory unit='MiB'>16</memory><vcpu>1</vcpu>
		<os><type arch='x86_64' machine='pc'>hvm</type>${4:-}</os><features><acpi/></features>
		<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>$3</devices></domain>
	END
}

define() {
	domain_xml "$@" >"$CASE/domain.xml"
	virsh_ define "$CASE/domain.xml"
}

# ask WORD [UUID [SURVEY]]: what it answers is JSON in $CASE/out, an error is in $CASE/err.
ask() {
	STATUS=0
	timeout --kill-after=10 120 "$PLATFORM_ASK" libvirt "${URL:-$LIBVIRT_URL}" "" "" "" 0 "$@" >"$CASE/answer" \
		2>"$CASE/err" </dev/null || STATUS=$?
	[ ! -s "$CASE/err" ] || fail "libvirt was heard on stderr: $(cat "$CASE/err")"
	if [ $STATUS -ne 0 ]; then
		mv "$CASE/answer" "$CASE/err"
		return 0
	fi
	case $1 in
	survey) cp "$CASE/answer" "$CASE/out" ;;
	erase | require) jq --slurp add "$CASE/answer" >"$CASE/out" ;;
	look) jq --raw-input --slurp 'rtrimstr("\n") | split("\n") | (.[0] | split(" ")) as $says |
		{hypervisor: $says[0], datastore: $says[1], storage: $says[2], left: .[1:]}' "$CASE/answer" >"$CASE/out" ;;
	list) jq --raw-input --slurp 'rtrimstr("\n") | split("\n") | map(split("\t") |
		{uuid: .[0], name: .[1], service_code: .[2], power: .[3]})' "$CASE/answer" >"$CASE/out" ;;
	*) jq --raw-input . "$CASE/answer" >"$CASE/out" ;;
	esac
}

# must WORD…: ask, and it works.
must() {
	ask "$@"
	assert_exit 0
}

# refused CODE WORD…: ask, and it does not, for this reason.
refused() {
	local code=$1
	shift
	ask "$@"
	assert_exit 1
	grep -q "^$code " "$CASE/err" || fail "not refused with $code: $(cat "$CASE/err")"
}

survey() {
	must survey "$(uuid_of "$1")"
	cp "$CASE/out" "$CASE/survey.$1"
}

# act WORD NUMBER: a step on the survey of that number.
act() {
	must "$1" "$(uuid_of "$2")" "$CASE/survey.$2"
}

assert_gone() {
	act look "$1"
	assert_json '.hypervisor == "gone" and (.datastore | IN("gone", "none")) and (.storage | IN("gone", "none")) and .left == []'
}
