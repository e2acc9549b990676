#!/bin/bash
# vSphere by its Web Services, against govmomi's simulator over TLS: what is listed, erased and deleted, what is not touched,
# and what a platform that lies, hangs or cuts off makes of it.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/vcsim.sh"

ASK=$REPOSITORY/${BUILD:-build/release}/tests/bench/platform_ask

# ask WORD [UUID [SURVEY]]: its answer is in $OUT, its exit status in $STATUS.
ask() {
	STATUS=0
	OUT=$(timeout 60 "$ASK" vsphere "${URL:-$VCSIM_URL}" "${USER_NAME:-haiki@vsphere.local}" "$CASE/vcsim.password" \
		"${CA:-$VCSIM/ca.pem}" "${TIMEOUT_MS:-0}" "$@") || STATUS=$?
	echo "ask $*: $STATUS $OUT"
}

says() {
	local pattern
	for pattern; do [[ $OUT == $pattern ]] || fail "it says $OUT, not $pattern"; done
}

good() {
	ask "$@"
	[ $STATUS -eq 0 ] || fail "$*: $OUT"
}

# survey N: into $CASE/survey, with the UUID in $U.
survey() {
	U=$(vcsim_uuid "$1")
	good survey "$U"
	echo "$OUT" >"$CASE/survey"
}

# The whole way, from the survey on.
delete_it() {
	good off "$U" "$CASE/survey"
	good snapshots "$U" "$CASE/survey"
	good erase "$U" "$CASE/survey"
	good remove "$U" "$CASE/survey"
}

gone() {
	good look "$U" "$CASE/survey"
	says "gone gone none"
}

test_list() {
	start_vcsim -vms 23 -tenants 5 -page 4
	vcsim code "uuid=$(vcsim_uuid 3)" "to= SV-<&> "
	vcsim name "uuid=$(vcsim_uuid 4)" "to=受付 & <b>"
	vcsim code "uuid=$(vcsim_uuid 5)" to=
	good list
	[ "$(wc -l <<<"$OUT")" -eq 23 ] || fail "not all VMs are listed"
	[ "$(cut -f 1 <<<"$OUT" | sort -u | wc -l)" -eq 23 ] || fail "a VM is listed twice"
	says "*$(vcsim_uuid 0)	vm-0000	SV-00	on
*" "*$(vcsim_uuid 3)	vm-0003	 SV-<&> 	off
*" "*$(vcsim_uuid 4)	受付 & <b>	SV-04	on
*" "*$(vcsim_uuid 5)	vm-0005		off
*"
	vcsim calls >"$CASE/calls"
	grep -q ContinueRetrievePropertiesEx "$CASE/calls" || fail "it was not listed by pages"
}

test_whole_way() {
	local before after
	start_vcsim -vms 12 -tenants 3 -disks 2 -snapshots 2 -datastores 2
	before=$(vcsim_digest '/vm-0006/')
	survey 6
	good off "$U"
	says done
	good off "$U"
	says was-off
	good snapshots "$U" "$CASE/survey"
	says 1
	good erase "$U" "$CASE/survey"
	says '*"result":"done"*"result":"done"*'
	if tr -d '\0' <"$VCSIM/ds0/vm-0006/vm-0006_1-flat.vmdk" | grep -q .; then fail "the disk is not full of zeros"; fi
	good look "$U" "$CASE/survey"
	says "present present none
*"
	good remove "$U" "$CASE/survey"
	says "Destroy_Task: success"
	gone
	# a second time there is nothing to do
	good remove "$U" "$CASE/survey"
	says "vm-absent"
	gone
	ask survey "$U"
	says "vm-absent -2 *"
	after=$(vcsim_digest '/vm-0006/')
	[ "$before" = "$after" ] || fail "others were changed"
	[ ! -e "$VCSIM/ds0/vm-0006" ] || fail "its folder is there still"
	[ "$(vcsim vms | wc -l)" -eq 11 ] || fail "not one VM was deleted"
}

test_pretended() {
	start_vcsim -vms 4
	survey 2
	vcsim lie method=Destroy_Task how=pretend
	delete_it
	good look "$U" "$CASE/survey"
	says "present present none
*"
	vcsim lie clear=1
	# off the inventory, and its files stay
	vcsim lie method=Destroy_Task how=keep-files
	delete_it
	good look "$U" "$CASE/survey"
	says "gone present none
*vm-0002-flat.vmdk*"
	# one file that nobody named, in its folder, is left of it too
	find "$VCSIM/ds0/vm-0002" -type f -delete
	gone
	echo dump >"$VCSIM/ds0/vm-0002/vmx-debug-core.0"
	good look "$U" "$CASE/survey"
	says "gone present none
\[ds0\] vm-0002/vmx-debug-core.0"
}

test_unheard() {
	start_vcsim -vms 4
	survey 1
	delete_it
	vcsim lie method=SearchDatastoreSubFolders_Task how=fault:NoPermission
	good look "$U" "$CASE/survey"
	says "gone unknown none"
	vcsim lie clear=1
	vcsim lie method=SearchDatastoreSubFolders_Task how=task-fault:HostConnectFault
	good look "$U" "$CASE/survey"
	says "gone unknown none"
	vcsim lie clear=1
	vcsim lie method=SearchDatastoreSubFolders_Task how=pretend
	good look "$U" "$CASE/survey"
	says "gone unknown none"
	vcsim lie clear=1
	vcsim lie method=RetrievePropertiesEx how=cut
	good look "$U" "$CASE/survey"
	says "unknown unknown none"
	vcsim lie clear=1
	vcsim lie method=CreateContainerView how=fault:ManagedObjectNotFound
	good look "$U" "$CASE/survey"
	says "unknown unknown none"
	vcsim lie clear=1
	# datastores that are not what they were
	sed 's/\[ds0\]/[other]/g' "$CASE/survey" >"$CASE/elsewhere"
	good look "$U" "$CASE/elsewhere"
	says "gone unknown none"
	gone
}

test_identity() {
	start_vcsim -vms 6
	survey 3
	vcsim name "uuid=$U" to=renamed
	vcsim name "uuid=$(vcsim_uuid 4)" to=vm-0003
	delete_it
	gone
	[ -e "$VCSIM/ds0/vm-0004/vm-0004.vmdk" ] || fail "the namesake was deleted"
	survey 1
	vcsim uuid "uuid=$(vcsim_uuid 5)" "to=$U"
	ask survey "$U"
	says "vm-uuid-twice -17 *"
	for word in off snapshots erase remove; do
		ask $word "$U" "$CASE/survey"
		says "vm-uuid-twice -17 *"
	done
	good look "$U" "$CASE/survey"
	says "present *"
	[ "$(vcsim vms | wc -l)" -eq 5 ] || fail "a VM was deleted"
	# one whose UUID nobody tells may be any
	vcsim uuid "uuid=$U" to=none
	ask survey "$(vcsim_uuid 5)"
	vcsim uuid "uuid=$U" to=nothing
	ask survey "$U"
	says "vm-unidentified *waiting*"
	good look "$U" "$CASE/survey"
	says "unknown *"
}

test_shared() {
	local before
	start_vcsim -vms 4 -disks 2 -on 0
	vcsim share "uuid=$(vcsim_uuid 1)" "with=$(vcsim_uuid 2)"
	before=$(vcsim_digest 'vm-0001/(vm-0001_1|.*\.(vmx|nvram|log))')
	survey 1
	says "*\"shared_with\":\\[\"$(vcsim_uuid 2)\"\\]*\"shared_with\":\\[\\]*"
	good erase "$U" "$CASE/survey"
	says '*"reason":"shared","result":"kept"*"result":"done"*'
	good remove "$U" "$CASE/survey"
	says "Destroy_Task: success, 1 detached"
	gone
	[ "$before" = "$(vcsim_digest 'vm-0001/(vm-0001_1|.*\.(vmx|nvram|log))')" ] || fail "a shared disk was touched"
	[ ! -e "$VCSIM/ds0/vm-0001/vm-0001_1.vmdk" ] || fail "its own disk is there still"
	# shared only since it was surveyed
	survey 3
	vcsim share "uuid=$U" "with=$(vcsim_uuid 0)"
	before=$(vcsim_digest 'vm-0003/(vm-0003_1|.*\.(vmx|nvram|log))')
	good erase "$U" "$CASE/survey"
	says '*"reason":"shared","result":"kept"*"result":"done"*'
	good remove "$U" "$CASE/survey"
	says "*, 1 detached"
	[ "$before" = "$(vcsim_digest 'vm-0003/(vm-0003_1|.*\.(vmx|nvram|log))')" ] || fail "a shared disk was touched"
	good look "$U" "$CASE/survey"
	says "gone present none
*vm-0003-flat.vmdk*"
}

# A platform that says it has detached a disk and has not must not be told to destroy the VM.
test_not_detached() {
	start_vcsim -vms 4 -on 0
	vcsim share "uuid=$(vcsim_uuid 1)" "with=$(vcsim_uuid 2)"
	survey 1
	vcsim lie method=ReconfigVM_Task how=pretend
	ask remove "$U" "$CASE/survey"
	says "vm-disk-shared *"
	vcsim calls >"$CASE/calls"
	if grep Destroy_Task "$CASE/calls"; then fail "it was destroyed"; fi
}

test_linked() {
	local before
	start_vcsim -vms 4 -on 0
	vcsim linked "uuid=$(vcsim_uuid 2)" "of=$(vcsim_uuid 1)"
	before=$(vcsim_digest 'vm-0001/.*\.(vmx|nvram|log)')
	# what others stand on stays, also when what it belonged to goes
	survey 1
	says "*\"shared_with\":\\[\"$(vcsim_uuid 2)\"\\]*"
	good erase "$U" "$CASE/survey"
	says '*"result":"kept"*'
	good remove "$U" "$CASE/survey"
	says "*, 1 detached"
	gone
	[ "$before" = "$(vcsim_digest 'vm-0001/.*\.(vmx|nvram|log)')" ] || fail "the clone's parent was touched"
}

# The clone goes, and what it stands on stays.
test_clone() {
	local before
	start_vcsim -vms 4 -on 0
	vcsim linked "uuid=$(vcsim_uuid 2)" "of=$(vcsim_uuid 1)"
	before=$(vcsim_digest 'vm-0002/')
	survey 2
	says "*\"chain\":\\[\"\\[ds0\\] vm-0001/vm-0001.vmdk\"\\]*"
	good erase "$U" "$CASE/survey"
	says '*vm-0002.vmdk"*"result":"done"*vm-0001.vmdk"*"result":"kept"*'
	good remove "$U" "$CASE/survey"
	[ "$before" = "$(vcsim_digest 'vm-0002/')" ] || fail "the clone's parent was touched"
	good look "$U" "$CASE/survey"
	says "${CLONE_LOOK:-gone gone none}"
}

test_changed() {
	start_vcsim -vms 4 -on 0
	survey 1
	vcsim share "uuid=$(vcsim_uuid 2)" "with=$U"
	ask erase "$U" "$CASE/survey"
	says "vm-changed *refused*"
	ask remove "$U" "$CASE/survey"
	says "vm-changed *refused*"
	[ "$(vcsim vms | wc -l)" -eq 4 ] || fail "a VM was deleted"
}

test_running() {
	start_vcsim -vms 4 -on 1
	survey 1
	ask erase "$U" "$CASE/survey"
	says "vm-runs *"
	ask remove "$U" "$CASE/survey"
	says "vm-runs *"
	# it says it is off and is not, at first
	vcsim lie method=PowerOffVM_Task how=pretend times=2
	good off "$U" "$CASE/survey"
	says done
	vcsim power "uuid=$U" to=suspended
	good off "$U" "$CASE/survey"
	says done
	vcsim lie method=PowerOffVM_Task how=task-fault:TaskInProgress
	vcsim power "uuid=$U" to=on
	ask off "$U" "$CASE/survey"
	says "platform-fault *TaskInProgress*"
}

test_snapshots_stay() {
	start_vcsim -vms 4 -snapshots 1 -on 0
	survey 1
	vcsim lie method=RemoveAllSnapshots_Task how=pretend
	ask snapshots "$U" "$CASE/survey"
	says "vm-snapshots *"
	vcsim lie clear=1
	ask require "$U" "$CASE/survey"
	says "erase-unsupported *"
	good survey "$U"
	says '*"snapshots":\["before the change"\]*'
}

test_unsupported() {
	start_vcsim -vms 4 -on 0 -zero-fill=false
	survey 1
	good erase "$U" "$CASE/survey"
	says '*"level":"none","limits":\[\],"method":"none"*"reason":"NotSupported","result":"unsupported"*'
	ask require "$U" "$CASE/survey"
	says "*erase-unsupported -95 unsupported*"
	vcsim lie method=ZeroFillVirtualDisk_Task how=task-fault:NotSupported
	good erase "$U" "$CASE/survey"
	says '*"result":"unsupported"*'
	vcsim lie clear=1
	vcsim lie method=ZeroFillVirtualDisk_Task how=task-fault:FileLocked
	good erase "$U" "$CASE/survey"
	says '*"level":"none"*"reason":"FileLocked*"result":"failed"*'
	vcsim lie clear=1
	# what it does not answer is no fact
	vcsim lie method=ZeroFillVirtualDisk_Task how=cut
	ask erase "$U" "$CASE/survey"
	says "platform-unreachable -113 waiting*"
}

test_session() {
	start_vcsim -vms 4 -on 0
	U=$(vcsim_uuid 1)
	for method in CreateContainerView RetrievePropertiesEx ZeroFillVirtualDisk_Task; do
		vcsim lie method=$method how=expire times=1
		survey 1
		ask erase "$U" "$CASE/survey"
		vcsim lie clear=1
		good erase "$U" "$CASE/survey"
	done
	vcsim calls clear=1 >"$CASE/calls"
	vcsim lie method=Destroy_Task how=expire times=1
	good remove "$U" "$CASE/survey"
	vcsim calls clear=1 >"$CASE/calls"
	[ "$(grep -c '^Login ' "$CASE/calls")" -eq 2 ] || fail "it did not log in again, once"
	[ "$(grep -c '^Logout ' "$CASE/calls")" -eq 1 ] || fail "it did not log out"
	gone
	vcsim lie method=RetrievePropertiesEx how=expire
	ask list
	says "platform-denied *"
	vcsim lie clear=1
	echo wrong >"$CASE/vcsim.password"
	ask list
	says "platform-denied -13 waiting*"
	chmod 644 "$CASE/vcsim.password"
	ask list
	says "secret-mode -13 waiting*"
	rm "$CASE/vcsim.password"
	ask list
	[ $STATUS -eq 1 ] || fail "there was no password"
}

test_untrusted() {
	start_vcsim -vms 1
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$CASE/key" -subj "/CN=Other" -days 2 \
		-out "$CASE/other.pem" 2>/dev/null
	CA=$CASE/other.pem ask list
	says "platform-untrusted -71 waiting*"
	CA=$CASE/none.pem ask list
	says "platform-untrusted *"
	URL=${VCSIM_URL/127.0.0.1/127.0.0.2} ask list
	[[ $OUT == platform-un* ]] || fail "$OUT"
	URL=${VCSIM_URL/https:/http:} ask list
	says "platform-url -22 *"
	vcsim calls >"$CASE/calls"
	if grep Login "$CASE/calls"; then fail "the password was sent"; fi
}

test_hostile() {
	start_vcsim -vms 2
	vcsim lie method=CreateContainerView how=hang
	TIMEOUT_MS=500 ask list
	says "platform-unreachable -113 waiting*"
	vcsim lie clear=1
	for how in cut:platform-unreachable huge:platform-answer redirect:platform-answer status:503:platform-answer; do
		vcsim lie method=RetrievePropertiesEx "how=${how%:*}"
		ask list
		says "${how##*:} *waiting*"
		vcsim lie clear=1
	done
	good list
}

# In one session others are asked anew only where something has changed: nothing that did may be missed.
test_again() {
	start_vcsim -vms 60 -on 0
	U=$(vcsim_uuid 7)
	mkfifo "$CASE/line"
	timeout 60 "$ASK" vsphere "$VCSIM_URL" haiki@vsphere.local "$CASE/vcsim.password" "$VCSIM/ca.pem" 0 again "$U" \
		<"$CASE/line" >"$CASE/surveys" &
	exec 8>"$CASE/line"
	until_true 30 test -s "$CASE/surveys"
	vcsim calls clear=1 >"$CASE/calls"
	vcsim share "uuid=$U" "with=$(vcsim_uuid 50)"
	vcsim linked "uuid=$(vcsim_uuid 20)" "of=$U"
	echo >&8
	wait $!
	OUT=$(head -n 1 "$CASE/surveys")
	says '*"shared_with":\[\]*'
	OUT=$(tail -n 1 "$CASE/surveys")
	says "*$(vcsim_uuid 50)*"
	says "*$(vcsim_uuid 20)*"
	vcsim calls >"$CASE/calls"
	# 60 VMs are 9 pages of everything: twice of a few words, and three VMs by themselves
	[ "$(grep -c '^RetrievePropertiesEx' "$CASE/calls")" -le 8 ] || fail "all were asked for everything"
}

# A password that is gone in the middle is nobody's "there is no such VM".
test_password_gone() {
	start_vcsim -vms 4 -on 0
	U=$(vcsim_uuid 1)
	mkfifo "$CASE/line"
	timeout 60 "$ASK" vsphere "$VCSIM_URL" haiki@vsphere.local "$CASE/vcsim.password" "$VCSIM/ca.pem" 0 again "$U" \
		<"$CASE/line" >"$CASE/surveys" &
	exec 8>"$CASE/line"
	until_true 30 test -s "$CASE/surveys"
	rm "$CASE/vcsim.password"
	vcsim lie method=CreateContainerView how=expire times=1
	echo >&8
	wait $! || true
	OUT=$(tail -n 1 "$CASE/surveys")
	says "* -13 waiting: *"
}

test_clock() {
	local ahead
	start_vcsim -vms 1
	vcsim clock ms=3600000
	good clock
	ahead=$((OUT - $(date +%s) * 1000))
	[ $ahead -gt 3500000 ] && [ $ahead -lt 3700000 ] || fail "an hour ahead is $ahead ms"
}

[ -x "$ASK" ] || { echo "1..0 # SKIP platform_ask was not built: make test-programs"; exit 0; }
check "vSphere: all VMs are listed by pages, with the service code of their custom attribute" test_list
check "vSphere: one VM is erased, deleted and gone, and everything else is what it was" test_whole_way
check "vSphere: success that is none, and files that stay, are seen" test_pretended
check "vSphere: what cannot be asked is unknown, never gone" test_unheard
check "vSphere: a VM is known by its UUID alone, and a UUID twice is nobody's" test_identity
check "vSphere: a disk that another VM uses is detached and kept" test_shared
check "vSphere: a disk that was not detached after all keeps the VM from being destroyed" test_not_detached
check "vSphere: what linked clones stand on is kept when its VM goes" test_linked
check "vSphere: a linked clone goes, and what it stands on stays" test_clone
check "vSphere: a VM with a disk that its survey does not know is left alone" test_changed
check "vSphere: a VM that runs is not touched, and is asked again until it is off" test_running
check "vSphere: snapshots that stay are seen, and stay where erasure is required" test_snapshots_stay
check "vSphere: a disk that cannot be filled with zeros is told as such" test_unsupported
check "vSphere: a session that has ended is begun again, once" test_session
check "vSphere: whom nobody vouches for gets no password" test_untrusted
check "vSphere: answers without an end, in time or in bytes, and to elsewhere are none" test_hostile
check "vSphere: a second survey in a session sees what has changed since" test_again
check "vSphere: a password that is gone when the session has ended is no VM that is gone" test_password_gone
check "vSphere: its clock is read" test_clock
finish
