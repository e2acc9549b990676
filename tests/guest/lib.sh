# The guest tests' library: real drives of a kernel of our own, beside what ../lib.sh has. A test
# file runs inside one boot; its line "# guest: OPTIONS" says which (tests/guest/run).
# SPDX-License-Identifier: GPL-3.0-or-later
#
# SAFETY. The tests write to any drive they find: they start in the guest only.

if [ ! -e /run/haiki-guest/settings ] || ! grep -q 'haiki\.control=' /proc/cmdline; then
	echo "1..0 # SKIP a guest test was started outside the guest: use tests/guest/boot"
	exit 1
fi

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/drive_models.sh"

# check_thoroughly DESCRIPTION COMMAND…: costs much, and what it shows is shown elsewhere too, by unit
# tests or in another language: `make guest` takes it, `make test` does not.
check_thoroughly() {
	local description=$1
	shift
	if [ -n "${THOROUGH:-}${ONLY:-}" ]; then
		check "$description" "$@"
	else
		check "$description" skip "takes long: sudo make guest"
	fi
}

# Every drive of the guest may be destroyed.
assert_command_is_safe() {
	:
}

# The keys are made in the first case and copied to the others: it takes long where the processor is
# emulated.
make_keys() {
	if [ ! -d /run/haiki-keys ]; then
		run_haiki report key init --organisation "Test organisation"
		assert_exit 0
		cp -a "$STATE" /run/haiki-keys
	else
		cp -a /run/haiki-keys "$STATE"
	fi
}

# ---- drives ----

# A kernel module that this test needs.
need_module() {
	local module
	for module; do
		modprobe "$module" 2>/dev/null || skip "this kernel has no $module"
	done
}

DRIVE_MIB=16
DRIVES=() # what make_scsi and make_scsi_debug made, in order
declare -A SERIALS # of those whose serial the test gave them, by node

# start COUNT: what most cases begin with: keys, and SCSI drives of which DRIVE is the first.
start() {
	make_keys
	make_scsi "$1"
	DRIVE=${DRIVES[0]}
}

# A drive as it comes: full of text that must be gone afterwards.
fill() {
	local drive
	for drive; do
		old_contents $((DRIVE_MIB * MIB)) | dd of="$drive" bs=1M oflag=direct iflag=fullblock status=none
	done
}

# make_scsi COUNT: SCSI drives of $DRIVE_MIB MiB (LIO on files in memory), each with a serial, a WWN
# and a medium of its own.
make_scsi() {
	local count=$1 number node
	need_module sd_mod sg target_core_mod target_core_file tcm_loop
	while [ $((count--)) -gt 0 ]; do
		number=${#DRIVES[@]}
		truncate --size "${DRIVE_MIB}M" "$CASE/medium$number"
		make_target_store "$number" "$CASE/medium$number" $((DRIVE_MIB * MIB))
		make_path node "$number" 0
		DRIVES+=("$node")
	done
	fill "${DRIVES[@]}"
	udev_settle
}

TARGET=/sys/kernel/config/target # of the kernel's SCSI target, configured by folders

make_target_store() {
	local store=$TARGET/core/fileio_0/drive$1
	mkdir -p "$store"
	echo "fd_dev_name=$2,fd_dev_size=$3" >"$store/control"
	# Numbers only: the WWN is made of its hexadecimal digits.
	printf '%03d%05d' $case_count "$1" >"$store/wwn/vpd_unit_serial"
	echo 1 >"$store/enable"
}

# make_path VARIABLE NUMBER PATH: a path to drive NUMBER; each PATH shows it as a drive of its own.
make_path() {
	local -n ret_node=$1
	local port=$TARGET/loopback/naa.5001405$(printf '%05x%04x' "$2" "$3")/tpgt_1
	mkdir -p "$port/lun/lun_0"
	echo "naa.5001406$(printf '%05x%04x' "$2" "$3")" >"$port/nexus"
	ln -s "$TARGET/core/fileio_0/drive$2" "$port/lun/lun_0/drive"
	until_true 20 block_of_address "$(<"$port/address")"
	ret_node=$(block_of_address "$(<"$port/address")")
	SERIALS[$ret_node]=$(printf '%03d%05d' $case_count "$2")
}

# Here each program that is started costs a tenth of a second: haiki is asked only where it must be.
serial_of() {
	if [ -n "${SERIALS[$1]:-}" ]; then
		echo "${SERIALS[$1]}"
	else
		run_haiki wipe plan "$1" --json
		jq --raw-output '.targets[0].identity.serial' "$CASE/out"
	fi
}

block_of_address() {
	local folder
	for folder in /sys/bus/scsi/devices/"$1":0/block/*; do
		[ -b "/dev/${folder##*/}" ] && echo "/dev/${folder##*/}" && return
	done
	return 1
}

# unplug DRIVE: it is gone from one moment to the next, whoever uses it.
unplug() {
	echo 1 >"/sys/block/${1##*/}/device/delete"
	udev_settle
}

remove_targets() {
	local port store
	for port in "$TARGET"/loopback/*/tpgt_1; do
		[ -d "$port" ] || continue
		rm "$port/lun/lun_0/drive"
		rmdir "$port/lun/lun_0" "$port" "${port%/*}"
	done
	for store in "$TARGET"/core/fileio_0/drive*; do
		if [ -d "$store" ]; then rmdir "$store"; fi
	done
}

# make_scsi_debug COUNT [MODULE-OPTION…]: drives of scsi_debug, which can be told to fail, to have
# other sectors or zones. They say that they are ATA and tell no native capacity, so that haiki
# wipes none of them. Once in a case.
make_scsi_debug() {
	local count=$1 host node
	shift
	need_module sd_mod
	modprobe scsi_debug per_host_store=1 add_host="$count" dev_size_mb=$DRIVE_MIB delay=0 lbpu=1 \
		"$@" || skip "this kernel has no scsi_debug with those options"
	DRIVES=()
	for ((host = 0; host < count; host++)); do
		until_true 20 block_of_host $host
		DRIVES+=("$(block_of_host $host)")
	done
	fill "${DRIVES[@]}"
	udev_settle
}

block_of_host() {
	local folder
	for folder in /sys/bus/pseudo/devices/adapter"$1"/host*/target*/*/block/*; do
		[ -b "/dev/${folder##*/}" ] && echo "/dev/${folder##*/}" && return
	done
	return 1
}

# Past the page cache, as the medium has it.
contents() {
	dd if="$1" bs=1M iflag=direct status=none
}

# partition DEVICE: one partition over all of it, as PARTITION.
partition() {
	printf 'label: gpt\n,,\n' | sfdisk --quiet "$1"
	udev_settle
	PARTITION=${1}1
	[[ $1 == *[0-9] ]] && PARTITION=${1}p1
	until_true 10 test -b "$PARTITION"
}

# ---- hot-plug (--qemu --hot-plug) ----

# qmp JSON: one command of the QEMU Machine Protocol; fails with its answer when it is refused.
qmp() {
	local answer
	if [ -z "${QMP_OPEN:-}" ]; then
		exec 9<>/dev/virtio-ports/qmp
		QMP_OPEN=1
		qmp '{"execute": "qmp_capabilities"}'
	fi
	echo "$1" >&9
	# The greeting and events come between.
	while IFS= read -r -t 30 -u 9 answer; do
		case $answer in
		*'"return"'*) return 0 ;;
		*'"error"'*)
			echo "QEMU refused $1: $answer" >&2
			return 1
			;;
		esac
	done
	echo "QEMU did not answer $1" >&2
	return 1
}

# plug IMAGE DRIVER [JSON-MEMBER…]: the drive of an --image appears, as the device IMAGE of QEMU. It
# may be one that was unplugged before.
plug() {
	local image=$1 driver=$2 members
	shift 2
	members=$(printf ', %s' "$@")
	qmp "{\"execute\": \"blockdev-add\", \"arguments\": {\"driver\": \"raw\", \"node-name\": \"plug-$image\",
		\"file\": {\"driver\": \"file\", \"filename\": \"$(host_folder)/$image.img\"}}}"
	qmp "{\"execute\": \"device_add\", \"arguments\": {\"driver\": \"$driver\", \"id\": \"device-$image\",
		\"drive\": \"plug-$image\"$members}}"
}
host_folder() {
	. /run/haiki-guest/settings
	echo "$CONTROL"
}

# pull IMAGE: what was plugged is gone, once the guest has let go of it.
pull() {
	qmp "{\"execute\": \"device_del\", \"arguments\": {\"id\": \"device-$1\"}}"
	until_true 60 qmp "{\"execute\": \"blockdev-del\", \"arguments\": {\"node-name\": \"plug-$1\"}}"
}

# ---- refused and released ----

# The guard as the last run's record tells it: the checks that did not pass.
refusals() {
	jq --compact-output '[.evidence[] | select(.kind == "guard") | .checks[] |
		select(.result != "passed")]' "$(certificate_of)"
}

# refused_in_use DRIVE CHECK REASON: haiki does not wipe it, because of CHECK and with a reason that
# REASON, a regular expression, is true of. (That records are signed and can be checked is shown by
# the host tests.)
refused_in_use() {
	wipe "$1"
	assert_exit 3
	assert_json '.jobs[0].outcome == "refused"'
	jq --exit-status --arg check "$2" --arg reason "$3" '.evidence |
		all(.kind != "started") and any(.kind == "guard" and (.checks | any(.check == $check and
			.result == "refused" and (.detail | test($reason)))))' "$(certificate_of)" >/dev/null ||
		fail "$2 did not refuse $1 with '$3': $(refusals)"
}

# refused DRIVE CHECK REASON: and not a byte of it is written, by anybody.
refused() {
	local before
	before=$(digest_of "$1")
	refused_in_use "$@"
	assert_same "$before" "$(digest_of "$1")" "a refused drive was written"
}

# released DRIVE…: nothing uses it any more, and it is wiped for good.
released() {
	local drive
	udev_settle
	for drive; do
		wipe "$drive"
		assert_exit 0
		assert_json '.jobs[0].outcome == "proven"'
		assert_holds_stream "$drive" "$(certificate_of)"
	done
}

# ---- taking down ----

# Take down everything that stands on drives, from the top, once. What is busy is tried again.
unstack_once() {
	local name
	awk -v folder="$1/" 'index($2, folder) == 1 { print $2 }' /proc/self/mounts | tac |
		xargs -r -n 1 umount
	awk 'NR > 1 { print $1 }' /proc/swaps | xargs -r swapoff
	[ -e /sys/module/dm_mod ] && dmsetup remove_all
	for name in /sys/block/md*; do
		[ -e "$name" ] && mdadm --quiet --stop "/dev/${name##*/}"
	done
	losetup --detach-all
	udev_settle
	remove_models
	remove_targets
	[ -e /sys/module/scsi_debug ] && modprobe --remove scsi_debug
}

nothing_stacked() {
	[ ! -e /sys/module/scsi_debug ] &&
		[ -z "$(ls -d /sys/block/{md,dm-}* "$TARGET"/core/fileio_0/drive* 2>/dev/null)" ]
}

take_down() {
	local folder=$1 round
	[ -n "$folder" ] && [ -d "$folder" ] || return 0
	end_remembered processes "$folder"
	for round in 1 2 3 4 5 6 7 8 9 10; do
		unstack_once "$folder" 2>/dev/null || true
		nothing_stacked && break
		sleep 0.2
	done
	nothing_stacked && rm -rf --one-file-system "$folder"
}
