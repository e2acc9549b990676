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
	sync -f "$IMAGES"
	[ "$(grep -caF "$OLD_TEXT" "$LIBVIRT.img")" -gt 0 ] || fail "the text was never on the device"
	act off 101
	assert_json '. == "was-off"'
	act snapshots 101
	assert_json '. == "2"'
	act erase 101
	assert_json 'length == 4 and all(.result == "done" and .level == "clear" and .verified_bytes > 0)'
	assert_no_text
	# Nor anywhere on the device that all of it lies on.
	sync -f "$IMAGES"
	assert_same "$(grep -caF "$OLD_TEXT" "$LIBVIRT.img")" 0
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

stopped_with_nvram_and_memory() {
	images
	qemu-img create -q -f raw "$IMAGES/disk.raw" 4M
	fill "$IMAGES/disk.raw" raw
	old_contents 131072 >"$IMAGES/vars.fd"
	cp /usr/share/seabios/bios-256k.bin "$IMAGES/code.fd" 2>/dev/null || skip "seabios is not installed"
	define saved 102 "$(disk "$IMAGES/disk.raw" raw)" \
		"<loader readonly='yes' type='pflash'>$IMAGES/code.fd</loader><nvram>$IMAGES/vars.fd</nvram>"
	virsh_ start saved
	virsh_ managedsave saved
	old_contents 65536 >>/var/lib/libvirt/qemu/save/saved.save
	survey 102
	assert_json '.power == "off" and ([.disks[] | .kind] == ["nvram", "file", "memory"])'
	act off 102
	assert_json '. == "was-off"'
	act erase 102
	assert_json 'length == 3 and all(.result == "done")'
	assert_no_text
	# What was overwritten can be neither started nor read: it is surveyed all the same.
	must survey "$(uuid_of 102)"
	assert_json '[.disks[].id] == ["nvram", "vda", "memory"]'
	act remove 102
	assert_gone 102
	assert_same "$(find "$IMAGES" /var/lib/libvirt/qemu/save -type f)" "$IMAGES/code.fd"
}

# Two VMs on one base: through a symbolic link, and after a snapshot of the other.
shared_base() {
	images
	qcow2 "$IMAGES/base.qcow2" 4M
	fill "$IMAGES/base.qcow2"
	mkdir "$IMAGES/elsewhere"
	ln -s "$IMAGES/base.qcow2" "$IMAGES/elsewhere/other-name.qcow2"
	qcow2 -b "$IMAGES/base.qcow2" -F qcow2 "$IMAGES/ours.qcow2"
	qcow2 -b "$IMAGES/elsewhere/other-name.qcow2" -F qcow2 "$IMAGES/theirs.qcow2"
	define ours 103 "$(disk "$IMAGES/ours.qcow2")"
	define theirs 104 "$(disk "$IMAGES/theirs.qcow2")"
	sha256sum "$IMAGES/base.qcow2" "$IMAGES/theirs.qcow2" >"$CASE/before"
	survey 103
	assert_json '.disks[0].shared_with == ["'"$(uuid_of 104)"'", "kept:'"$IMAGES"'/base.qcow2"]'
	act erase 103
	assert_json 'map([.result, .reason]) == [["done", ""], ["kept", "shared"]]'
	# The other one goes to another host: it is not seen any more, and the base is kept all the same.
	virsh_ dumpxml theirs >"$CASE/theirs.xml"
	virsh_ undefine theirs
	act remove 103
	assert_gone 103
	sha256sum --quiet --check "$CASE/before"
	[ ! -e "$IMAGES/ours.qcow2" ] || fail "it is there still"
}

# A disk that another VM has too, under another name of the same file; and one that comes to be used later.
shared_disk() {
	images
	qemu-img create -q -f raw "$IMAGES/data.raw" 1M
	fill "$IMAGES/data.raw" raw
	cp "$IMAGES/data.raw" "$IMAGES/later.raw"
	ln -s data.raw "$IMAGES/link.raw"
	define one 105 "$(disk "$IMAGES/data.raw" raw vda '<shareable/>')$(disk "$IMAGES/later.raw" raw vdb)"
	define two 106 "$(disk "$IMAGES/link.raw" raw vda '<shareable/>')"
	sha256sum "$IMAGES/data.raw" "$IMAGES/later.raw" >"$CASE/before"
	survey 105
	assert_json '[.disks[].shared_with | length] == [2, 0]'
	define three 107 "$(disk "$IMAGES/later.raw" raw)"
	act erase 105
	assert_json 'map([.result, .reason]) == [["kept", "shared"], ["kept", "shared"]]'
	act remove 105
	assert_gone 105
	sha256sum --quiet --check "$CASE/before"
	# Who else has it now may run on another host.
	refused disk-shareable survey "$(uuid_of 106)"
	define two 106 "$(disk "$IMAGES/link.raw" raw vda)"
	survey 106
	assert_json '[.disks[].shared_with | length] == [0]'
	virsh_ undefine two
	virsh_ undefine three
}

# Whoever is written into a disk or an image by its user is not believed.
names_of_strangers() {
	images
	mkdir "$IMAGES/library" "$IMAGES/stranger"
	old_contents 65536 >"$IMAGES/stranger/precious"
	qcow2 "$IMAGES/library/template.qcow2" 1M
	chmod 0444 "$IMAGES/library/template.qcow2"
	# a raw disk into which its guest wrote a header
	qcow2 -u -b "$IMAGES/stranger/precious" -F raw "$IMAGES/guest.raw" 1M
	# an image that was brought along and names a file of the host
	qcow2 -u -b "$IMAGES/stranger/precious" -F raw "$IMAGES/brought.qcow2" 1M
	qcow2 -b "$IMAGES/library/template.qcow2" -F qcow2 "$IMAGES/library/clone.qcow2"
	# a medium that lies in the drive, and the seed that was made for this VM alone
	old_contents 65536 >"$IMAGES/library/medium.iso"
	{ head -c 32768 /dev/zero; printf '\001CD001\001\0%-32s%-32s' LINUX cidata; head -c 4096 /dev/zero; } >"$IMAGES/seed.iso"
	define careful 108 "$(disk "$IMAGES/guest.raw" raw)$(disk "$IMAGES/brought.qcow2" qcow2 vdb)$(disk \
		"$IMAGES/library/clone.qcow2" qcow2 vdc)<disk type='file' device='cdrom'><source file='$IMAGES/library/medium.iso'/><target
		dev='sda' bus='sata'/><readonly/></disk><disk type='file' device='cdrom'><source file='$IMAGES/seed.iso'/><target
		dev='sdb' bus='sata'/><readonly/></disk>"
	sha256sum "$IMAGES/stranger/precious" "$IMAGES/library/medium.iso" "$IMAGES/library/template.qcow2" >"$CASE/before"
	survey 108
	assert_json '[.disks[] | [.id, (.chain | length), (.shared_with | length)]] ==
		[["vda", 0, 0], ["vdb", 1, 1], ["vdc", 1, 1], ["sdb", 0, 0]]'
	act erase 108
	assert_json '[.[] | select(.result == "kept") | .reason] == ["shared", "shared"]'
	act remove 108
	assert_gone 108
	sha256sum --quiet --check "$CASE/before"
	assert_same "$(find "$IMAGES" -type f | sort)" "$(printf '%s\n' "$IMAGES"/{library/medium.iso,library/template.qcow2,stranger/precious})"
}

# Formats that nobody stated are not guessed.
chain_not_stated() {
	need perl
	images
	qcow2 "$IMAGES/base.qcow2" 1M
	qcow2 -u -b base.qcow2 -F qcow2 "$IMAGES/top.qcow2" 1M
	# the extension that states the format of the backing file
	perl -0777 -pi -e 's/\xe2\x79\x2a\xca/\x12\x34\x56\x78/ or die' "$IMAGES/top.qcow2"
	define guessing 109 "$(disk "$IMAGES/top.qcow2")"
	refused chain-unknown survey "$(uuid_of 109)"
	virsh_ undefine guessing
	printf 'QFI\xfb\0\0\0\x09' | dd of="$IMAGES/top.qcow2" conv=notrunc status=none
	define broken 109 "$(disk "$IMAGES/top.qcow2")"
	refused qcow2-malformed survey "$(uuid_of 109)"
	virsh_ undefine broken
}

make_pool() {
	virsh_ pool-define-as "$1" dir --target "$IMAGES"
	virsh_ pool-start "$1"
}

volumes_of_a_pool() {
	images
	make_pool images
	virsh_ vol-create-as images base.qcow2 4M --format qcow2
	virsh_ vol-create-as images ours.qcow2 4M --format qcow2 --backing-vol base.qcow2 --backing-vol-format qcow2
	fill "$IMAGES/ours.qcow2"
	define pooled 110 "<disk type='volume' device='disk'><driver name='qemu' type='qcow2'/><source pool='images'
		volume='ours.qcow2'/><target dev='vda' bus='virtio'/></disk>"
	# made behind libvirt's back, and no VM uses it: it stands on the base all the same
	qcow2 -b base.qcow2 -F qcow2 "$IMAGES/stray.qcow2"
	survey 110
	assert_json '.disks[0].place == "'"$IMAGES/ours.qcow2"'"'
	assert_json '.disks[0].shared_with == ["kept:'"$IMAGES/base.qcow2"'", "volume:'"$IMAGES/stray.qcow2"'"]'
	act erase 110
	assert_no_text
	act remove 110
	assert_gone 110
	assert_json '.datastore == "gone"'
	assert_same "$(find "$IMAGES" -type f | sort)" "$(printf '%s\n' "$IMAGES"/{base,stray}.qcow2)"
	qemu-img check -q "$IMAGES/stray.qcow2"
	# A liar: it is back, and the pool is not active. Neither is "gone".
	touch "$IMAGES/ours.qcow2"
	act look 110
	assert_json '.datastore == "present" and .storage == "present" and .left == ["'"$IMAGES/ours.qcow2"'"]'
	rm "$IMAGES/ours.qcow2"
	virsh_ pool-destroy images
	act look 110
	assert_json '.hypervisor == "gone" and .datastore == "unknown" and .storage == "gone"'
	virsh_ pool-undefine images
}

# libvirt on another host, which this one is in truth: nothing is erased, and volumes go through their pool.
another_host() {
	need perl
	images
	make_pool far
	virsh_ vol-create-as far far.qcow2 1M --format qcow2
	qcow2 "$IMAGES/near.qcow2" 1M
	define away 111 "$(disk "$IMAGES/far.qcow2")"
	sed "s|SOCKET|$LIBVIRT/sock/libvirt-sock|" >"$CASE/wire" <<-'END'
		#!/usr/bin/perl
		use IO::Socket::UNIX; use IO::Select;
		my $wire = IO::Socket::UNIX->new(Peer => "SOCKET") or die;
		my $select = IO::Select->new(\*STDIN, $wire);
		while (1) {
			for my $from ($select->can_read) {
				sysread($from, my $bytes, 65536) or exit;
				my $to = $from == $wire ? \*STDOUT : $wire;
				while (length $bytes) { my $count = syswrite($to, $bytes) or exit; substr($bytes, 0, $count) = ""; }
			}
		}
	END
	chmod +x "$CASE/wire"
	URL="qemu+ext:///system?command=$CASE/wire"
	must list
	survey 111
	assert_json '[.disks[] | .place] == ["'"$IMAGES/far.qcow2"'"]'
	refused storage-unsupported require "$(uuid_of 111)" "$CASE/survey.111"
	act erase 111
	assert_json 'map([.method, .result, .limits]) == [["none", "unsupported", ["network"]]]'
	act look 111
	assert_json '.hypervisor == "present" and .datastore == "present" and .left == ["'"$IMAGES/far.qcow2"'"]'
	act remove 111
	act look 111
	assert_json '. == {"hypervisor": "gone", "datastore": "gone", "storage": "none", "left": []}'
	define away 111 "$(disk "$IMAGES/near.qcow2" raw)"
	virsh_ pool-destroy far
	virsh_ pool-undefine far
	survey 111
	refused place-out-of-reach remove "$(uuid_of 111)" "$CASE/survey.111"
	virsh_ undefine away
	act look 111
	assert_json '.hypervisor == "gone" and .storage == "unknown"'
}

disk_on_a_network() {
	images
	qemu-img create -q -f raw "$IMAGES/here.raw" 1M
	define netted 112 "$(disk "$IMAGES/here.raw" raw)<disk type='network' device='disk'><driver name='qemu' type='raw'/><source
		protocol='rbd' name='pool/image'><host name='192.0.2.1'/></source><target dev='vdb' bus='virtio'/></disk>"
	survey 112
	assert_json '[.disks[] | [.kind, .place]] == [["file", "'"$IMAGES/here.raw"'"], ["network", "rbd:pool/image"]]'
	refused storage-unsupported require "$(uuid_of 112)" "$CASE/survey.112"
	act erase 112
	assert_json 'map([.result, .limits]) == [["done", []], ["unsupported", ["network"]]] or
		(.[0].result == "done" and .[1].result == "unsupported" and .[1].limits == ["network"])'
	refused place-out-of-reach remove "$(uuid_of 112)" "$CASE/survey.112"
	must list
	assert_json 'any(.[]; .name == "netted")'
	virsh_ undefine netted
	act look 112
	assert_json '.hypervisor == "gone" and .storage == "unknown"'
}

# By UUID, whatever it is called; and what the domain that runs says of its service has to be what is kept of it.
named_by_uuid() {
	images
	qemu-img create -q -f raw "$IMAGES/a.raw" 1M
	define first 113 "$(disk "$IMAGES/a.raw" raw)"
	virsh_ domrename first second
	define first 114 ""
	must list
	assert_json 'map(select(.uuid == "'"$(uuid_of 113)"'") | [.name, .service_code]) == [["second", "SV-113"]]'
	virsh_ start second
	virsh_ metadata second urn:haiki:1 --config --key haiki --set '<service>SV-999</service>'
	must list
	assert_json 'map(select(.uuid == "'"$(uuid_of 113)"'") | .service_code) == [""]'
	# What the survey was taken of runs again: nothing of it is touched.
	survey 113
	act off 113
	virsh_ start second
	refused vm-running erase "$(uuid_of 113)" "$CASE/survey.113"
	virsh_ autostart second
	act off 113
	assert_same "$(virsh_ list --all --autostart --name | head -n 1)" ""
	# Somebody reads it: not now.
	tail -f "$IMAGES/a.raw" >/dev/null 2>&1 &
	local reader=$!
	remember processes $reader
	until_true 10 sh -c "ls -l /proc/$reader/fd | grep -q a.raw"
	refused storage-in-use erase "$(uuid_of 113)" "$CASE/survey.113"
	kill $reader
	wait $reader || true
	act erase 113
	act remove 113
	assert_gone 113
	must list
	assert_json 'map(select(.name == "first") | .uuid) == ["'"$(uuid_of 114)"'"]'
	virsh_ undefine first
}

# A domain that libvirt does not keep is gone as soon as it is off; its disk is not.
transient() {
	images
	qemu-img create -q -f raw "$IMAGES/a.raw" 1M
	fill "$IMAGES/a.raw" raw
	domain_xml passing 115 "$(disk "$IMAGES/a.raw" raw)" >"$CASE/domain.xml"
	virsh_ create "$CASE/domain.xml"
	survey 115
	act off 115
	assert_json '. == "done"'
	act look 115
	assert_json '.hypervisor == "gone" and .storage == "present"'
	act snapshots 115
	act erase 115
	assert_no_text
	act remove 115
	assert_gone 115
}

nobody_there() {
	URL="qemu+unix:///system?socket=$CASE/nobody" refused platform-unreachable list
	URL="qemu:///session" refused platform-unsupported list
	URL="test:///default" refused platform-unsupported list
}

# The whole night, by the program itself: four of the VMs in one pool are due, of two tenants, one runs; four are deleted at once,
# and none opens what another is erasing.
whole_night() {
	images
	local number
	make_pool night
	for number in 121 122 123 124 125; do
		qcow2 "$IMAGES/$number.qcow2" 2M
		fill "$IMAGES/$number.qcow2"
		define "night-$number" $number "$(disk "$IMAGES/$number.qcow2")"
	done
	virsh_ start night-121
	virsh_ snapshot-create-as night-121 before --disk-only
	sha256sum "$IMAGES/123.qcow2" >"$CASE/before"
	virsh_ dumpxml night-123 >"$CASE/before.xml"
	configure "[deletion]" "clock = vouched" "look = 1" "share = 100" "concurrency = 4" "[libvirt main]" "url = $LIBVIRT_URL"
	make_keys
	printf '%s\n' code,name,zone,service_codes,contacts 'T-1,一市,municipal,SV-121 SV-123 SV-124,担当|it@city.example.jp||' \
		'T-2,二市,municipal,SV-122 SV-125,担当|it@city.example.jp||' >"$CASE/tenants.csv"
	printf '%s\n' number,tenant,start_day,end_day,grace_days,service_codes 'K-1,T-1,2024-04-01,2026-03-31,10,SV-121 SV-124' \
		'K-2,T-2,2024-04-01,2026-03-31,10,SV-122 SV-125' K-3,T-1,2024-04-01,,10,SV-123 >"$CASE/contracts.csv"
	{
		echo "uuid,service_code,name,platform"
		for number in 121 122 123 124 125; do echo "$(uuid_of $number),SV-$number,night-$number,main"; done
	} >"$CASE/vms.csv"
	run_haiki inventory import "$CASE"/{tenants,contracts,vms}.csv --json
	assert_exit 0
	run_haiki wipe expired --dry-run --json
	assert_exit 0
	assert_json '.due == 4 and .machines == 5 and ([.vms[].state] | unique == ["due"])'
	run_haiki wipe expired --json
	assert_exit 0
	assert_json '.counts == {"deleted": 4, "waiting": 0, "refused": 0, "failed": 0}'
	assert_json '[.certificates[] | select(.stage == "closed" and .new == 1)] | length == 2'
	assert_same "$(virsh_ list --all --uuid)" "$(uuid_of 123)"
	assert_same "$(find "$IMAGES" -type f)" "$IMAGES/123.qcow2"
	assert_no_text "$IMAGES/123.qcow2"
	sha256sum --quiet --check "$CASE/before"
	virsh_ dumpxml night-123 | cmp - "$CASE/before.xml"
	local name
	for name in $(jq --raw-output '.certificates[] | select(.stage == "closed") | .certificate' "$CASE/out"); do
		openssl_verify "$STATE/certificates/$name.json"
		assert_json '[.vms[].facts[] | select(.fact == "erase")] | length > 0 and all(.result == "done" and .level == "clear")' \
			"$STATE/certificates/$name.json"
	done
	run_haiki wipe expired --json
	assert_exit 0
	assert_json '.due == 0 and .vms == []'
	virsh_ undefine night-123
	virsh_ pool-destroy night
	virsh_ pool-undefine night
}

# due NUMBER: a VM with a disk of its own on a base that others stand on, and a second disk, whose time is over.
due() {
	qcow2 -b base.qcow2 -F qcow2 "$IMAGES/$1.qcow2"
	fill "$IMAGES/$1.qcow2"
	qemu-img create -q -f raw "$IMAGES/$1.raw" 1M
	fill "$IMAGES/$1.raw" raw
	define "cut-$1" "$1" "$(disk "$IMAGES/$1.qcow2")$(disk "$IMAGES/$1.raw" raw vdb)"
	printf '%s\n' uuid,service_code,name,platform "$(uuid_of "$1"),SV-$1,cut-$1,main" >"$CASE/vms.csv"
	run_haiki inventory import "$CASE/vms.csv" --json
	assert_exit 0
}

# killed WORD…: the run is killed where this environment says. 1: it was over before.
killed() {
	WRAPPER="env $*" run_haiki wipe expired --json 2>/dev/null
	grep -q 'signal 9' "$CASE/err" && return 0
	assert_exit 0
	return 1
}

facts_of() {
	sqlite3 "$STATE/haiki.db" "SELECT fact FROM deletion_fact f JOIN deletion d ON d.id = f.deletion_id
		WHERE d.vm_uuid = '$(uuid_of "$1")' ORDER BY f.seq" | jq --raw-output .fact | grep -vx identity | tr '\n' ' '
}

# What is true behind each kill, once it was run again: the VM and its files are gone, each was erased once, and nothing else is.
assert_same_end() {
	local pattern='^survey power-off snapshots (erase ){3,6}(delete |absent (look delete )?)look $'
	run_haiki wipe expired --json
	assert_exit 0
	assert_json '.counts.failed == 0 and .counts.refused == 0 and .counts.waiting == 0'
	assert_same "$(virsh_ list --all --uuid)" "$(uuid_of 140)"
	assert_same "$(find "$IMAGES" -type f | sort)" "$(printf '%s\n' "$IMAGES"/{140,base}.qcow2)"
	[[ $(facts_of "$1") =~ $pattern ]] || fail "$2: $(facts_of "$1")"
	sha256sum --quiet --check "$CASE/before"
}

begin_cut() {
	need sqlite3
	make -s -C "$REPOSITORY/tests/inject" BUILD="$TOOLS" "$TOOLS/statements.so" "$TOOLS/inject.so" || skip "the injectors cannot be built"
	images
	qcow2 "$IMAGES/base.qcow2" 1M
	fill "$IMAGES/base.qcow2"
	qcow2 -b base.qcow2 -F qcow2 "$IMAGES/140.qcow2"
	fill "$IMAGES/140.qcow2"
	define cut-140 140 "$(disk "$IMAGES/140.qcow2")"
	sha256sum "$IMAGES"/{base,140}.qcow2 >"$CASE/before"
	configure "[deletion]" "clock = vouched" "look = 1" "share = 100" "concurrency = 1" "[libvirt main]" "url = $LIBVIRT_URL"
	make_keys
	printf '%s\n' code,name,zone,service_codes,contacts "T-1,一市,municipal,$(seq -f SV-%g -s ' ' 140 170),担当|it@city.example.jp||" \
		>"$CASE/tenants.csv"
	printf '%s\n' number,tenant,start_day,end_day,grace_days,service_codes K-0,T-1,2024-04-01,,10,SV-140 \
		"K-1,T-1,2024-04-01,2026-03-31,10,$(seq -f SV-%g -s ' ' 141 170)" >"$CASE/contracts.csv"
	printf '%s\n' uuid,service_code,name,platform "$(uuid_of 140),SV-140,cut-140,main" >"$CASE/vms.csv"
	run_haiki inventory import "$CASE"/{tenants,contracts,vms}.csv --json
	assert_exit 0
}

unlinks() {
	echo "LD_PRELOAD=$TOOLS/inject.so INJECT_FAMILY=unlink INJECT_KILL=1 INJECT_AT=$1"
}

night_killed() {
	local number=140 at ended=
	begin_cut
	export KILL_MATCH="INSERT INTO deletion_fact"
	for ((at = 1; at <= 12; at++)); do
		due $((number += 1))
		killed "LD_PRELOAD=$TOOLS/statements.so" "KILL_AT=$at" || ended=$at
		assert_same_end $number "killed at fact $at"
		[ -z "$ended" ] || break
	done
	[ "${ended:-0}" -ge 9 ] || fail "killed at ${ended:-no} facts alone"
	# Before the first file goes, and between two; the second time its domain goes meanwhile.
	for at in 1 2; do
		due $((number += 1))
		killed "$(unlinks $at)" || fail "there is no file $at"
		assert_same_end $number "killed at file $at"
		due $((number += 1))
		killed "$(unlinks $at)" || fail "there is no file $at"
		assert_same "$(find "$IMAGES" -name "$number.*" | wc -l)" $((3 - at))
		virsh_ undefine cut-$number
		assert_same_end $number "without its domain at file $at"
		[[ $(facts_of $number) == *"absent look delete look " ]] || fail "$(facts_of $number)"
	done
	# The base that others stand on, and nothing else that a run in one go would not say.
	run_haiki report tenant K-1 --json
	assert_json '.stage == "vms-deleted" and .remarks == ["shared"]'
	virsh_ undefine cut-140
}

# Left behind without its domain, and somebody else's by now: written to, another VM's, or another file altogether.
left_to_others() {
	begin_cut
	due 141
	killed "$(unlinks 1)" || fail "it was not killed"
	virsh_ undefine cut-141
	fill "$IMAGES/141.raw" raw
	sha256sum "$IMAGES/141.raw" >>"$CASE/before"
	local night
	for night in 1 2; do
		run_haiki wipe expired --json
		assert_exit 1
		assert_json '.counts.failed == 1 and ([.vms[].error.code // empty] == ["place-changed"])'
		sha256sum --quiet --check "$CASE/before"
		[ -e "$IMAGES/141.qcow2" ] || fail "the other one is gone"
		assert_same "$(facts_of 141 | tr ' ' '\n' | tail -n 3 | tr '\n' ' ')" "absent look failed "
	done
	# It gets a VM of its own: it is nobody's rest any more, and what is left is ours.
	define other 170 "$(disk "$IMAGES/141.raw" raw)"
	run_haiki wipe expired --json
	sha256sum --quiet --check "$CASE/before"
	assert_json '[.vms[] | select(.uuid == "'"$(uuid_of 141)"'") | .state] == ["gone"]'
	[ ! -e "$IMAGES/141.qcow2" ] || fail "it is there still"
	virsh_ undefine other
	virsh_ undefine cut-140
}

start_libvirtd
check "a running VM with a qcow2 chain, snapshots within and beside, and a TPM is erased whole and gone" running_with_snapshots
check "a stopped VM with saved memory and variables of UEFI is erased whole and gone" stopped_with_nvram_and_memory
check "a base that another VM stands on by another name is kept, also when that VM has moved away" shared_base
check "a disk that another VM has, or has got since, is kept" shared_disk
check "a file that a guest or an image brought along names, a library's template, and a medium are never touched" names_of_strangers
check "what an image stands on is not guessed" chain_not_stated
check "volumes of a pool are gone when the pool says so, and one that others stand on is kept" volumes_of_a_pool
check "on another host nothing is erased, and nothing is gone that nobody can be asked for" another_host
check "a disk on a network is told as not erased and keeps the VM in the list" disk_on_a_network
check "a VM is known by its UUID and one service code, and is left alone while it runs or is read" named_by_uuid
check "the disk of a VM that was not kept by libvirt is gone as well" transient
check "a libvirt that does not answer, or is no system's, is told" nobody_there
check "in one night exactly the VMs that are due are gone, with certificates that say how" whole_night
check "killed at every fact and file, also when its domain goes meanwhile: the same end" night_killed
check "what is left without its domain and was changed since, or is another VM's, is never taken" left_to_others
finish
