#!/bin/bash
# The units of systemd that are shipped: systemd reads them as they are meant, and what they forbid is not what
# haiki needs. No systemd need run here.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/vcsim.sh"

PACKAGING=$REPOSITORY/packaging

# The units as installed, with the program of this build, in $CASE/unit; with the drop-in for vSphere: units vsphere.
units() {
	local name
	need systemd-analyze
	mkdir "$CASE/unit"
	for name in haiki-watch.service haiki-expired.service haiki-expired.timer; do
		sed "s|/usr/bin/haiki|$HAIKI|" "$PACKAGING/$name" >"$CASE/unit/$name"
	done
	[ "${1:-}" = vsphere ] || return 0
	mkdir "$CASE/unit/haiki-expired.service.d"
	cp "$PACKAGING/haiki-expired-vsphere.conf" "$CASE/unit/haiki-expired.service.d/vsphere.conf"
}

# What systemd says of them, its complaints of this machine's other units left out.
complaints() {
	systemd-analyze verify --man=no "$CASE"/unit/haiki-*.{service,timer} 2>&1 | grep haiki- || true
}

verified() {
	local found
	units "$@"
	found=$(complaints)
	[ -z "$found" ] || fail "$found"
	# It does find what is wrong.
	sed -i 's/^Type=.*/Type=never/' "$CASE/unit/haiki-expired.service"
	[ -n "$(complaints)" ] || fail "a broken unit is not noticed"
}

# exposure UNIT AT-MOST [vsphere]: tenths; remembered for the end of the file.
exposure() {
	local told
	units "${@:3}"
	told=$(systemd-analyze security --offline=true --threshold="$2" "$CASE/unit/$1") || fail "$(tail -n 1 <<<"$told")"
	echo "${3:+with the drop-in for vSphere: }$(tail -n 1 <<<"$told")" >>"$suite_folder/scores"
}

# The next time behind a moment, both in UTC.
next_after() {
	TZ=UTC systemd-analyze calendar --base-time="$1 UTC" "$(sed -n 's/^OnCalendar=//p' "$PACKAGING/haiki-expired.timer")" |
		sed -n 's/.*Next elapse: [A-Za-z]* \(.*\) UTC/\1/p'
}

at_night_in_japan() {
	need systemd-analyze
	assert_same "2027-04-10 16:00:00" "$(next_after '2027-04-10 12:00:00')"
	assert_same "2027-04-11 16:00:00" "$(next_after '2027-04-10 16:00:00')"
	assert_same "2028-02-28 16:00:00" "$(next_after '2028-02-28 00:00:00')"
	grep -qx 'Persistent=true' "$PACKAGING/haiki-expired.timer" || fail "a night that was missed is never made up for"
}

# setting NAME: its values in the unit, those of several lines together.
setting() {
	sed -n "s/^$1=//p" "$PACKAGING/haiki-expired.service" | tr '\n' ' '
}

# Hidden folders would make an image in them look gone; without its clock it would refuse for ever.
hides_nothing_it_must_see() {
	local name
	for name in PrivateTmp PrivateDevices ProtectClock ProtectProc ProcSubset PrivateUsers InaccessiblePaths TemporaryFileSystem \
		RootDirectory; do
		assert_same "" "$(setting $name)"
	done
	assert_same "read-only " "$(setting ProtectHome)"
	assert_same "strict " "$(setting ProtectSystem)"
	[[ $(setting CapabilityBoundingSet) != *CAP_SYS_TIME* ]] || fail "it could set the clock"
}

# The calls a filter allows, one a line: groups are taken apart.
calls_of() {
	local word
	for word; do
		if [[ $word == @* ]]; then
			# shellcheck disable=SC2046 # names
			calls_of $(systemd-analyze syscall-filter "$word" | tail -n +2 | sed 's/#.*//')
		else
			echo "$word"
		fi
	done
}

# Which calls a run makes that the unit forbids.
forbidden_calls() {
	local filter
	read -ra filter <<<"$(setting SystemCallFilter)"
	comm -23 <(sed -n 's/^[0-9]* *\([a-z][a-z0-9_]*\)(.*/\1/p' "$1" | sort -u) <(calls_of "${filter[@]}" | sort -u)
}

filter_lets_it_work() {
	need systemd-analyze strace
	"$HAIKI" wipe expired --help >/dev/null 2>&1 || skip "this build has no wipe expired"
	strace -f -qq -o "$CASE/trace" true 2>/dev/null || skip "strace may not trace here"
	make_keys
	# Its verdict does not matter here: it opens the store, asks the clock and looks.
	configure
	WRAPPER="strace -f -qq -o $CASE/trace" run_haiki wipe expired
	grep -q 'adjtime' "$CASE/trace" || fail "it did not ask whether the clock is synchronised"
	assert_same "" "$(forbidden_calls "$CASE/trace")"
	# A call that is forbidden would be seen.
	echo "1     settimeofday(NULL, NULL) = 0" >>"$CASE/trace"
	assert_same "settimeofday" "$(forbidden_calls "$CASE/trace")"
}

# ---- as the service of the deletions runs ----

# Writes a program that runs another as the unit does, as far as that goes without systemd: everything read-only but
# devices and its own state, the capabilities of the unit, no others gained. With vsphere: those of the drop-in.
make_confinement() {
	local capabilities
	need unshare setpriv
	capabilities=$(setting CapabilityBoundingSet)
	[ "${1:-}" != vsphere ] || capabilities=$(sed -n 's/^CapabilityBoundingSet=//p' "$PACKAGING/haiki-expired-vsphere.conf" | tr '\n' ' ')
	capabilities=$(xargs <<<"$capabilities" | sed 's/CAP_/+/g; s/ /,/g' | tr '[:upper:]' '[:lower:]')
	mkdir -p "$STATE"
	cat >"$CASE/confined" <<-END
		#!/bin/bash
		exec unshare --mount --propagation private bash -c '
			set -e
			mount --bind "$STATE" "$STATE"
			while read -r _ _ _ _ place _; do
				case \$place in
				/dev | /dev/* | /proc | /proc/* | /sys | /sys/* | "$STATE") ;;
				*) mount -o remount,bind,ro "\$place" 2>/dev/null || true ;;
				esac
			done </proc/self/mountinfo
			exec setpriv --no-new-privs --bounding-set "-all,$capabilities" "\$@"' bash "\$@"
	END
	chmod +x "$CASE/confined"
	"$CASE/confined" true || skip "programs cannot be confined here"
	! "$CASE/confined" test -w /usr || skip "what is mounted cannot be made read-only here"
	"$CASE/confined" test -w "$STATE"
}

# The engine, the guard that looks into other processes, the store and the keys all work.
erases_as_the_service() {
	local device
	make_keys
	make_drive device $MIB
	make_confinement
	WRAPPER=$CASE/confined wipe "$device"
	assert_exit 0
	assert_proven "$device"
}

looks_as_the_service() {
	"$HAIKI" wipe expired --help >/dev/null 2>&1 || skip "this build has no wipe expired"
	make_keys
	make_confinement
	configure
	printf '[deletion]\nclock = vouched\n' >>"$CASE/haiki.conf"
	WRAPPER=$CASE/confined run_haiki wipe expired
	assert_exit 0
}

# A VM of an ended contract on a vCenter.
end_a_contract() {
	local uuid
	start_vcsim -vms 4 -tenants 1
	make_keys
	configure "[deletion]" "clock = vouched" "look = 1" "share = 100" $'\n' "$(vcsim_settings)"
	uuid=$(vcsim_uuid 2)
	vcsim code "uuid=$uuid" to=OLD
	printf 'code,name,service_codes\nA,市,OLD\n' >"$CASE/tenants.csv"
	printf 'number,tenant,start_day,end_day\nK-1,A,2024-04-01,2026-03-31\n' >"$CASE/contracts.csv"
	printf 'uuid,service_code,platform\n%s,OLD,main\n' "$uuid" >"$CASE/vms.csv"
	run_haiki inventory import "$CASE"/{tenants,contracts,vms}.csv
	assert_exit 0
}

assert_vm_is_gone() {
	assert_json '.counts == {"deleted": 1, "waiting": 0, "refused": 0, "failed": 0}'
	! vcsim vms | grep -q "^$(vcsim_uuid 2)" || fail "the VM is there"
	[ -n "$(find "$STATE/certificates" -name '*.json')" ] || fail "no certificate"
}

deletes_on_vsphere() {
	end_a_contract
	make_confinement vsphere
	WRAPPER=$CASE/confined run_haiki wipe expired --json
	assert_vm_is_gone
}

filter_lets_vsphere_work() {
	need systemd-analyze strace
	strace -f -qq -o "$CASE/trace" true 2>/dev/null || skip "strace may not trace here"
	end_a_contract
	WRAPPER="strace -f -qq -o $CASE/trace" run_haiki wipe expired --json
	assert_vm_is_gone
	assert_same "" "$(forbidden_calls "$CASE/trace")"
}

check "systemd objects to no unit" verified
check "systemd objects to no unit with the drop-in for vSphere" verified vsphere
check "exposure of the watch" exposure haiki-watch.service 35
check "exposure of the deletions" exposure haiki-expired.service 45
check "exposure of the deletions on vSphere alone" exposure haiki-expired.service 30 vsphere
check "the timer is for one o'clock at night in Japan" at_night_in_japan
check "what would look gone is not hidden" hides_nothing_it_must_see
check "the filter of system calls lets a run work" filter_lets_it_work
check "confined as the service, a device is erased and proven" erases_as_the_service
check "confined as the service, a night on which nothing is due" looks_as_the_service
check "confined as the service for vSphere alone, a VM is deleted and certified" deletes_on_vsphere
check "the filter of system calls lets a VM on vSphere be deleted" filter_lets_vsphere_work
[ ! -e "$suite_folder/scores" ] || sed 's/→ //; s/^/# /' "$suite_folder/scores"
finish
