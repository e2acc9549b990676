# Drives in user space whose conduct a test chooses (tests/drives). Sourced by lib.sh.
# SPDX-License-Identifier: GPL-3.0-or-later

MODEL_MIB=16
MODELS=$REPOSITORY/tests/drives
declare -A MODEL # by device: the drive's name

# make_model VARIABLE NAME CONDUCT [scsi|ata|nvme]: a drive full of text that must be gone afterwards.
# Its bytes lie in $CASE/NAME.medium, whatever the drive says; an nvme drive's VARIABLE is its first
# namespace.
make_model() {
	local -n ret_model=$1
	local up=scsi-drive-up
	if [ "${4:-scsi}" = nvme ]; then
		up=nvme-drive-up
		need_module nvme-tcp
	else
		need_module target_core_user tcm_loop sd_mod sg
	fi
	old_contents $((MODEL_MIB * MIB)) >"$CASE/$2.medium"
	bring_up ret_model "$up" "$2" "$3" "${4:-}"
}

# bring_up VARIABLE SCRIPT NAME CONDUCT [LANGUAGE]: with the medium as it is, as after a power cut.
bring_up() {
	local -n ret_up=$1
	ret_up=$(MEDIUM=$CASE/$3.medium TOOLS=$TOOLS "$MODELS/$2" "$3" "${MODEL_MIB}M" "$4" ${5:+"$5"})
	MODEL[$ret_up]=$3
	udev_settle
}

# tell_model DEVICE LINE…: it holds when this returns.
tell_model() {
	local device=$1
	shift
	"$MODELS/drive-tell" "${MODEL[$device]}" "$@"
}

medium_of() {
	cat "$CASE/${MODEL[$1]}.medium"
}
model_log() {
	"$MODELS/drive-tell" --log "${MODEL[$1]}"
}

# The old text is back, as if it had never been touched.
refill() {
	old_contents $((MODEL_MIB * MIB)) |
		dd of="$CASE/${MODEL[$1]}.medium" bs=1M iflag=fullblock conv=notrunc status=none
}

# What lies on the medium is still what was there before; all of it, or none.
holds_old_text() {
	cmp -s <(medium_of "$1") <(old_contents $((MODEL_MIB * MIB)))
}
holds_no_old_text() {
	! medium_of "$1" | grep -qF "$OLD_TEXT"
}
is_zeroed() {
	cmp -s -n $((MODEL_MIB * MIB)) "$CASE/${MODEL[$1]}.medium" /dev/zero
}

# As erased flash reads.
is_erased() {
	ff_bytes $((MODEL_MIB * MIB)) | cmp -s "$CASE/${MODEL[$1]}.medium" -
}
ff_bytes() {
	head -c "$1" /dev/zero | tr '\0' '\377'
}

remove_models() {
	local folder name
	for folder in /run/haiki-drives/*; do
		[ -d "$folder" ] || continue
		name=${folder##*/}
		# What hangs would hold up the kernel's taking down.
		"$MODELS/drive-tell" "$name" honest
		case $(cat "$folder/program") in
		*/nvme_drive) "$MODELS/nvme-drive-down" "$name" ;;
		*) "$MODELS/scsi-drive-down" "$name" ;;
		esac
	done
}

# ---- drives that are to erase themselves ----

# policy LEVEL COMBINATION…: what is tried, in this order.
policy() {
	local level=$1
	shift
	udev_settle # it looks at a drive that was let go, and would be in the way
	jq --null-input --arg level "$level" '{format: "haiki-policy", format_version: 1, name: "test",
		version: "1", source: "test", schemes: [], rules: [{zone: "*", media: "*",
		confidentiality: "*", level: $level, scheme: "random", verification: "full",
		methods: $ARGS.positional}]}' --args -- "$@" >"$CASE/policy.json"
}

# purge COMBINATION…: wipe the drive by the first of them that does.
purge() {
	policy purge "$@"
	wipe "$DRIVE" --policy "$CASE/policy.json"
}

# not_proven OUTCOME REASON [INDEX]: a reason of the judge is REASON.
not_proven() {
	local file
	file=$(certificate_of "${3:-0}")
	assert_json ".jobs[${3:-0}].outcome == \"$1\""
	assert_json ".verdict.level == \"none\" and any(.verdict.reasons[]; .code == \"$2\")" "$file"
}
